"""The Alerts page: what fires, what fired, the rules, and where messages go."""

from __future__ import annotations

from dashboard.views.component import component

_alerts = component("alerts")


def show() -> None:
    _alerts(key="alerts")
