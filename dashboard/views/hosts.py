"""The Hosts page: one component that draws every host's readings as they arrive, without a rerun."""

from __future__ import annotations

from dashboard.views.component import component

_hosts = component("hosts")


def show() -> None:
    _hosts(key="hosts")
