"""What becomes of a rule with one part of a host: ok, pending, firing, unknown. Pure.

A judgement comes with its time; the times that a rule asks for are measured between judgements. So a
reading that never came counts for nothing, neither as right nor as wrong.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from perfwatch.alerting.window import Days, Window


class Standing(StrEnum):
    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    UNKNOWN = "unknown"


RANK = {Standing.OK: 0, Standing.UNKNOWN: 1, Standing.PENDING: 2, Standing.FIRING: 3}


class Judgement(Struct, frozen=True):
    """What is so: `wrong`, `right`, or neither while a number is between its two limits.

    `time` is what waiting is measured by, in seconds on any clock; `moment` is since 1970, to be told.
    """

    time: float
    moment: float
    wrong: bool
    right: bool


class Track(Struct, gc=False):
    """One part's standing, since when, and what it takes to go on after a restart.

    `since` and `fired` are in seconds since 1970, the others as judgements are. `fired` is when it began
    to fire (None: it does not); that outlasts `unknown`, so it is told once.
    """

    standing: Standing = Standing.UNKNOWN
    since: float = 0.0
    fired: float | None = None
    seen: float | None = None
    wrong_since: float | None = None
    right_since: float | None = None
    value: float | str | bool | None = None
    limit: float | str | None = None
    window: Window | None = None
    days: Days | None = None

    def judge(self, judgement: Judgement, hold: float, clear_after: float, gap: float) -> Standing:
        """Returns the standing after this judgement. `gap` seconds after the last, waiting begins anew."""
        time = judgement.time
        if self.seen is not None and not 0 <= time - self.seen <= gap:
            self.wrong_since = self.right_since = None
        self.seen = time
        standing = (
            self._quiet(judgement, hold) if self.fired is None else self._firing(judgement, clear_after)
        )
        return self._become(standing, judgement.moment)

    def lose_sight(self, moment: float) -> Standing:
        """Nothing is known any more; what was waited for begins anew."""
        self.wrong_since = self.right_since = None
        return self._become(Standing.UNKNOWN, moment)

    def _quiet(self, judgement: Judgement, hold: float) -> Standing:
        if not judgement.wrong:
            self.wrong_since = None
            return Standing.OK
        if self.wrong_since is None:
            self.wrong_since = judgement.time
        if judgement.time - self.wrong_since < hold:
            return Standing.PENDING
        self.fired, self.right_since = judgement.moment, None
        return Standing.FIRING

    def _firing(self, judgement: Judgement, clear_after: float) -> Standing:
        if not judgement.right:
            self.right_since = None
            return Standing.FIRING
        if self.right_since is None:
            self.right_since = judgement.time
        if judgement.time - self.right_since < clear_after:
            return Standing.FIRING
        self.fired = self.wrong_since = self.right_since = None
        return Standing.OK

    def _become(self, standing: Standing, moment: float) -> Standing:
        if standing is not self.standing:
            self.standing = standing
            self.since = self.fired if standing is Standing.FIRING and self.fired is not None else moment
        return standing
