"""The Live page: one component that draws readings as they arrive, without a rerun."""

from __future__ import annotations

from dashboard.views.component import component

_live = component("live")


def show() -> None:
    _live(key="live")
