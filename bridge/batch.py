"""What goes into the store together. No input or output, and no clock of its own."""

from __future__ import annotations

from typing import Generic, TypeVar

from perfwatch.history.store import Point

MESSAGES = 500
SECONDS = 0.05

M = TypeVar("M")


class Batch(Generic[M]):
    """Messages and the points that were in them, in the order in which they came.

    It is full with `limit` messages, and due `seconds` after the first: a commit costs the same for
    one point as for hundreds.
    """

    def __init__(self, limit: int = MESSAGES, seconds: float = SECONDS) -> None:
        self._limit = limit
        self._seconds = seconds
        self._since = 0.0
        self.messages: list[M] = []
        self.points: list[Point] = []
        self.readings = 0
        self.newest = 0  # milliseconds since 1970

    def add(self, message: M, points: list[Point] | None, now: float) -> None:
        """Add a message at `now` (seconds, any steady clock); `points` is None when it is no reading."""
        if not self.messages:
            self._since = now
        self.messages.append(message)
        if points is not None:
            self.readings += 1
            self.points += points
            if points and points[0].time > self.newest:  # all points of a reading have its time
                self.newest = points[0].time

    @property
    def full(self) -> bool:
        return len(self.messages) >= self._limit

    def left(self, now: float) -> float:
        """Seconds until it is due; 0 when it is."""
        return 0.0 if self.full else max(0.0, self._since + self._seconds - now)
