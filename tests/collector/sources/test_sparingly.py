from __future__ import annotations

import pytest

from collector.sources.sparingly import Sparingly


class Machine:
    """A clock, and a question that takes `cost` seconds of processor time."""

    def __init__(self, cost: float) -> None:
        self.now = 0.0
        self.spent = 0.0
        self.asked = 0
        self.error: Exception | None = None
        self._cost = cost
        self.sparing = Sparingly(self.ask, 0.01, lambda: self.now, lambda: self.spent)

    def ask(self) -> int:
        self.asked += 1
        self.spent += self._cost
        if self.error is not None:
            raise self.error
        return self.asked

    def at(self, *seconds: float) -> list[int]:
        return [self._at(second) for second in seconds]

    def _at(self, second: float) -> int:
        self.now = second
        return self.sparing()


def test_a_costly_answer_stands_until_it_is_paid_for() -> None:
    assert Machine(cost=0.1).at(0, 5, 9.9, 10, 15, 20) == [1, 1, 1, 2, 2, 3]


def test_what_costs_little_is_asked_each_time() -> None:
    assert Machine(cost=0.001).at(0, 1, 2) == [1, 2, 3]


def test_what_fails_is_asked_again_at_once() -> None:
    machine = Machine(cost=0.1)
    machine.error = ConnectionRefusedError()
    with pytest.raises(ConnectionRefusedError):
        machine.sparing()
    machine.error = None
    assert machine.at(0) == [2]
