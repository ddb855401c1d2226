"""Which of several members does what only one should: who claimed a retained lease last. No input or output.

The broker puts all claims in one order, and every member hears them in it. The holder claims again and again;
a member that heard nothing for long claims it in turn.
"""

from __future__ import annotations

from math import inf

import msgspec
from msgspec import Struct

SETTLE_SECONDS = 1.0
RENEW_SECONDS = 10.0
EXPIRY_SECONDS = 30


class Held(Struct, frozen=True):
    """What the retained message says, as JSON. `settled` is what the holder passes on to the next one."""

    instance: str
    settled: float = 0.0


class Lease:
    """The lease as the member called `me` sees it. Times are in seconds of a clock that only goes forward."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._asked = self._heard = 0.0
        self._free = True
        self.leads = False

    def begin(self, now: float) -> None:
        """A new connection: what is retained comes first."""
        self.leads, self._free = False, True
        self._asked = now + SETTLE_SECONDS - RENEW_SECONDS

    def hear(self, payload: bytes, now: float) -> float | None:
        """Take what came on the topic: nothing when the holder gave it back. Raises msgspec.DecodeError.

        Returns what another holder has settled.
        """
        self._heard = now
        held = msgspec.json.decode(payload, type=Held) if payload else None
        self._free = held is None
        self.leads = held is not None and held.instance == self._me
        return held.settled if held and not self.leads else None

    def is_due(self, now: float) -> bool:
        """Whether to claim, or to claim again."""
        return self.due_in(now) <= 0

    def due_in(self, now: float) -> float:
        """Seconds until it is time to claim, if nothing is heard meanwhile."""
        lapses = now if self._free or self.leads else self._heard + EXPIRY_SECONDS
        return max(lapses, self._asked + RENEW_SECONDS) - now

    def renew(self) -> None:
        """Claim again soon: more has been settled."""
        self._asked = -inf

    def claim(self, now: float, settled: float = 0.0) -> bytes:
        """What to publish, retained, to be forgotten after EXPIRY_SECONDS."""
        self._asked = now
        return msgspec.json.encode(Held(self._me, settled))
