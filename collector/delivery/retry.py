"""When to connect again. No input or output."""

from __future__ import annotations

import random

# Each try is delayed by up to JITTER more, so that the hosts do not all meet a broker that has just
# started in the same instant: 1 to 20 s in all.
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 19.0
JITTER_SECONDS = 1.0

# Two collectors of one id throw each other out whenever one comes back. So many connections in a row
# that end soon are taken for that, where the broker does not say so: Mosquitto 2.0 hangs up without a word.
RIVAL_BREAKS = 3
RIVAL_LONGEST_SECONDS = 300.0
# A rival comes back when its own wait is over, which is about as long as ours.
_SOON = 4


class Retry:
    """Waits that double while the broker is away, and begin anew when it was there.

    While there is a rival they go on growing, up to five minutes: each is thrown out that seldom.
    """

    def __init__(self) -> None:
        self._pause = FIRST_SECONDS
        self._breaks = 0

    @property
    def rival(self) -> bool:
        """Whether another client seems to have our id."""
        return self._breaks >= RIVAL_BREAKS

    def connected(self) -> None:
        if not self.rival:
            self._pause = FIRST_SECONDS

    def failed(self) -> None:
        """Nobody was there, or we were refused: not what a rival does."""
        if self.rival:
            self._pause = FIRST_SECONDS
        self._breaks = 0

    def ended(self, lived: float, taken_over: bool = False) -> None:
        """A connection ended that had `lived` so many seconds; by a rival, if the broker says so."""
        if taken_over:
            self._breaks = max(self._breaks + 1, RIVAL_BREAKS)
        elif lived < _SOON * self._pause:
            self._breaks += 1
        else:
            self._breaks, self._pause = 0, FIRST_SECONDS

    def next(self) -> float:
        """Seconds to wait now."""
        pause = self._pause
        self._pause = min(2 * pause, RIVAL_LONGEST_SECONDS if self.rival else LONGEST_SECONDS)
        # In step, two rivals would meet again each time.
        return pause + random.uniform(0, max(JITTER_SECONDS, pause / 2 if self.rival else 0))
