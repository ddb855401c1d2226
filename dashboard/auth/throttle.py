"""How often somebody may try: one leaky bucket for each name."""

from __future__ import annotations

import time
from collections.abc import Callable

# Ten mistakes at once are forgiven, then one guess each ten seconds: 8,640 a day against passwords
# of twelve characters or more.
BURST = 10
SECONDS_EACH = 10.0
# Beyond this many names the oldest are forgotten, so that a flood of addresses cannot fill memory.
_MOST_NAMES = 10_000


class Buckets:
    """Each name's bucket takes `size` attempts and loses one each `seconds_each`."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        seconds_each: float = SECONDS_EACH,
        size: int = BURST,
    ) -> None:
        self._clock = clock
        self._each = seconds_each
        self._size = size
        # For each name, the time at which its bucket will be empty.
        self._empty: dict[str, float] = {}

    def add(self, name: str) -> None:
        """Count one more attempt; a full bucket stays full."""
        now = self._clock()
        empty = max(self._empty.pop(name, now), now) + self._each
        self._empty[name] = min(empty, now + self._size * self._each)
        while len(self._empty) > _MOST_NAMES:
            self._empty.pop(next(iter(self._empty)))

    def take_back(self, name: str) -> None:
        """Uncount one attempt."""
        if name in self._empty:
            self._empty[name] -= self._each

    def level(self, name: str) -> float:
        """How many attempts are in the bucket."""
        return self._left(name) / self._each

    def wait(self, name: str) -> float:
        """Seconds until `name` may try again; 0 when it may now."""
        return max(0.0, self._left(name) - (self._size - 1) * self._each)

    def _left(self, name: str) -> float:
        """Seconds until the bucket is empty."""
        return max(0.0, self._empty.get(name, 0.0) - self._clock())
