"""What every fault cost is noted here, and printed as a table at the end (tests/conftest.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from tests.conftest import OUTCOME
from tests.faults.field import Outcome

Report: TypeAlias = Callable[..., None]


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Adds a line to the table, and fails when a reading is lost or doubled.

    With `window`, when none is lost: the line shows how much a window costs that is left open on purpose.
    """

    def add(fault: str, seen: Outcome, *, least: int = 300, window: bool = False) -> None:
        numbers = (seen.taken, seen.stored, seen.lost, seen.doubled)
        request.node.user_properties.append((OUTCOME, [fault, *numbers]))
        assert seen.taken > least, "too few readings to show anything"
        assert bool(seen.lost) == window
        assert seen.doubled == 0

    return add
