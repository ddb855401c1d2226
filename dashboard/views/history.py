"""The History page: one component that asks for past readings and draws them, without a rerun."""

from __future__ import annotations

from dashboard.views.component import component

_history = component("history")


def show() -> None:
    _history(key="history")
