"""A clock that stands still until a test moves it."""

from __future__ import annotations


class Clock:
    """`clock()` is its time in seconds; a test adds to `clock.now`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
