"""The Settings page: one component that speaks to the REST routes, as any program could."""

from __future__ import annotations

from dashboard.views.component import component

_settings = component("settings")


def show() -> None:
    _settings(key="settings")
