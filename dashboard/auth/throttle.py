"""Slows down who guesses passwords, without ever shutting out who knows the right one.

An attempt is counted before its password is checked, so that guesses sent at once are counted too, and
forgiven when it was right. It is counted twice: for the address that it came from, and for the account
that it was aimed at. An address that failed too often must wait, whatever it sends. An account that was
aimed at too often, from anywhere, is answered slowly and one attempt at a time; but a browser that has
logged in to it before (it has a device token) is counted on its own, so a stranger cannot keep its owner
out.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

# Ten mistakes at once are forgiven, then one guess each ten seconds: 8,640 a day against passwords
# of twelve characters or more.
BURST = 10
SECONDS_EACH = 10.0
# Beyond this many names the oldest are forgotten, so that a flood of addresses cannot fill memory.
_MOST_NAMES = 10_000


class Failures:
    """Counts failures by name, forgetting one each `SECONDS_EACH`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # For each name, the time at which all its failures will be forgotten.
        self._forgotten: dict[str, float] = {}

    def add(self, name: str) -> None:
        """Count one more failure."""
        now = self._clock()
        until = max(self._forgotten.pop(name, now), now) + SECONDS_EACH
        self._forgotten[name] = min(until, now + BURST * SECONDS_EACH)
        while len(self._forgotten) > _MOST_NAMES:
            self._forgotten.pop(next(iter(self._forgotten)))

    def forgive(self, name: str) -> None:
        """Take one back: it was none."""
        left = self._forgotten.get(name, 0.0) - SECONDS_EACH
        if left > self._clock():
            self._forgotten[name] = left
        else:
            self._forgotten.pop(name, None)

    def wait(self, name: str) -> int:
        """Whole seconds until `name` may try again; 0 when it may now."""
        left = self._forgotten.get(name, 0.0) - self._clock()
        return max(0, math.ceil(left - (BURST - 1) * SECONDS_EACH))
