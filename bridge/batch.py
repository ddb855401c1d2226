"""What goes into the store together. No input or output, and no clock of its own."""

from __future__ import annotations

from typing import Generic, TypeVar

from perfwatch.history.store import Numbers

MESSAGES = 500

# Long enough for all metrics of a host's tick to go into one commit. A batch that follows a slow write is
# larger by itself, as it grows while that write is under way.
SECONDS = 0.01

M = TypeVar("M")


class Batch(Generic[M]):
    """Messages and the numbers that were in them, in the order in which they came.

    It is full with `limit` messages, and due `seconds` after the first: a commit costs the same for
    one point as for hundreds.
    """

    def __init__(self, limit: int = MESSAGES, seconds: float = SECONDS) -> None:
        self._limit = limit
        self._seconds = seconds
        self._since = 0.0
        self.messages: list[M] = []
        self.taken: list[Numbers] = []
        self.readings = 0

    def add(self, messages: list[M], found: list[Numbers | None], now: float) -> int:
        """Add messages at `now` (seconds, any steady clock) and what was in each: None when it is no reading.

        Returns how many readings that were.
        """
        if not self.messages:
            self._since = now
        self.messages += messages
        readings = [numbers for numbers in found if numbers is not None]
        self.taken += [numbers for numbers in readings if numbers.values]
        self.readings += len(readings)
        return len(readings)

    @property
    def newest(self) -> int:
        """Milliseconds since 1970; 0 when it has no numbers."""
        return max([numbers.time for numbers in self.taken], default=0)

    @property
    def room(self) -> int:
        """How many messages fit in yet."""
        return self._limit - len(self.messages)

    @property
    def full(self) -> bool:
        return len(self.messages) >= self._limit

    def left(self, now: float) -> float:
        """Seconds until it is due; 0 when it is."""
        return 0.0 if self.full else max(0.0, self._since + self._seconds - now)
