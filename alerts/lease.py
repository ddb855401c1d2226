"""Which of several instances publishes, answers and tells: the one whose name the retained lease has. Pure.

The broker puts all claims in one order, and every instance hears them in it: who claimed last leads, and
renews the lease. When nothing was heard of it for long, another one claims.
"""

from __future__ import annotations

from math import inf

import msgspec
from msgspec import Struct

SETTLE_SECONDS = 1.0
RENEW_SECONDS = 10.0
EXPIRY_SECONDS = 30.0


class Held(Struct, frozen=True):
    """`<prefix>-alerts/lease`. What was noted until `settled` (seconds since 1970) has been told."""

    instance: str
    settled: float


class Lease:
    """Times are in seconds of a clock that only goes forward."""

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
        """Take what came on the topic; returns until when another one has told all, if another one leads."""
        self._heard = now
        held = msgspec.json.decode(payload, type=Held) if payload else None
        self._free = held is None
        self.leads = held is not None and held.instance == self._me
        return held.settled if held and not self.leads else None

    def is_due(self, now: float) -> bool:
        """Whether to claim, or to claim again."""
        lapsed = self._free or self.leads or now - self._heard >= EXPIRY_SECONDS
        return lapsed and now - self._asked >= RENEW_SECONDS

    def renew(self) -> None:
        """Claim again soon: more has been told."""
        self._asked = -inf

    def claim(self, settled: float, now: float) -> bytes:
        """What to publish."""
        self._asked = now
        return msgspec.json.encode(Held(self._me, settled))
