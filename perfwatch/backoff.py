"""How long to wait before trying again."""

from __future__ import annotations

import random

FIRST = 0.5
LONGEST = 30.0


class Backoff:
    """Waits that double from half a second to 30, each shortened at random by up to a half.

    The randomness keeps many bridges from coming back to a restarted broker all at once.
    """

    def __init__(self) -> None:
        self._longest = FIRST

    def next(self) -> float:
        """Seconds to wait now."""
        seconds = self._longest * random.uniform(0.5, 1.0)
        self._longest = min(LONGEST, 2 * self._longest)
        return seconds

    def reset(self) -> None:
        self._longest = FIRST
