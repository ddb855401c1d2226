"""The History page: one component that asks for past readings and draws them, without a rerun."""

from __future__ import annotations

from dashboard.views.component import component

_history = component("history", "vendor/uplot/uPlot.min.css")


def show() -> None:
    _history(key="history")
