"""The table of what every fault cost, printed at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from tests.faults.field import Outcome

Report: TypeAlias = Callable[..., None]

OUTCOMES = pytest.StashKey[list[tuple[str, Outcome]]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Adds a line to the table, and fails when a reading is lost or doubled.

    With `window`, when none is lost: the line shows how much a window costs that is left open on purpose.
    """

    def add(fault: str, seen: Outcome, *, least: int = 300, window: bool = False) -> None:
        request.config.stash.setdefault(OUTCOMES, []).append((fault, seen))
        assert seen.taken > least, "too few readings to show anything"
        assert bool(seen.lost) == window
        assert seen.doubled == 0

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    outcomes = config.stash.get(OUTCOMES, [])
    if outcomes:
        terminalreporter.section("what every fault cost, in readings")
        terminalreporter.line(f"{'fault':<58} {'sent':>7} {'stored':>7} {'lost':>5} {'doubled':>8}")
    for fault, seen in outcomes:
        terminalreporter.line(
            f"{fault:<58} {seen.taken:>7} {seen.stored:>7} {seen.lost:>5} {seen.doubled:>8}"
        )
