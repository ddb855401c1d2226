"""Whose password is checked next, who waits for that, and who is refused at once.

A state machine: it waits for nothing and starts nothing. An attempt is counted when it enters, so that
guesses sent at once are counted too, and uncounted when it was right or was never checked.

- Each sender (an address, a device, a session) has `BURST` attempts, then one each `SECONDS_EACH`.
- Who is known (a device that has logged in to that account before, or a session) and who is a stranger stand
  in two lines, each with one check at a time: strangers never stand before the owner.
- Strangers together have `BURST` attempts at an account, then one each `ACCOUNT_SECONDS`.
- In a line goes first whose sender tried least of late and whose account has fewest waiting. When there is no
  place left, the last of that order is refused.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.auth.throttle import BURST, SECONDS_EACH, Buckets

ACCOUNT_SECONDS = 1.0
# With one each second, a stranger who got a place for an account under attack waits for 8 s at most.
ACCOUNT_PLACES = 8
LINE_PLACES = 32
FULL_SECONDS = round(ACCOUNT_PLACES * ACCOUNT_SECONDS)
# Attempts that were refused are remembered for longer: who sends many stands behind who comes anew.
_REMEMBERED_SECONDS = 60.0
_REMEMBERED = 1000


class Throttled(Exception):
    """Too many attempts: `seconds` says after how long another may be taken."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        super().__init__(f"Too many attempts to log in: try again in {self.seconds} s")


class Sender(NamedTuple):
    """`source` is what attempts are counted for: one address, device or session."""

    source: str
    account: str
    known: bool


@dataclass(frozen=True, eq=False)
class Attempt:
    """One password to check. `number` counts attempts in the order in which they entered."""

    sender: Sender
    number: int


class Admission:
    """`clock` is in seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._sources = Buckets(clock, SECONDS_EACH, BURST)
        self._accounts = Buckets(clock, ACCOUNT_SECONDS, BURST)
        self._tries = Buckets(clock, _REMEMBERED_SECONDS, _REMEMBERED)
        self._waiting: list[Attempt] = []
        self._checked: set[Attempt] = set()
        self._numbers = itertools.count()

    def enter(self, sender: Sender) -> tuple[Attempt, Attempt | None]:
        """A new attempt, which waits for its turn, and the one that had to give up its place for it, if any.

        Raises Throttled.
        """
        self._tries.add(sender.source)
        if wait := self._sources.wait(sender.source):
            raise Throttled(wait)
        attempt = Attempt(sender, next(self._numbers))
        self._waiting.append(attempt)
        self._sources.add(sender.source)
        out = self._without_place(attempt)
        if out is not None:
            self.leave(out)
        if out is attempt:
            raise Throttled(FULL_SECONDS)
        return attempt, out

    def start(self) -> Attempt | None:
        """The attempt to check now; None as long as it is nobody's turn."""
        for attempt in self._in_order(self._waiting):
            if self._may_start(attempt.sender):
                self._waiting.remove(attempt)
                self._checked.add(attempt)
                self._accounts.add(attempt.sender.account)
                return attempt
        return None

    def pause(self) -> float | None:
        """Seconds after which `start` may find one though nobody left; None when it will not."""
        if self._is_busy(known=False):
            return None
        strangers = (attempt.sender for attempt in self._waiting if not attempt.sender.known)
        return min((self._accounts.wait(sender.account) for sender in strangers), default=None)

    def leave(self, attempt: Attempt, *, wrong: bool = False) -> None:
        """It was checked, or waits no more. Only a wrong one stays counted."""
        if attempt in self._waiting:
            self._waiting.remove(attempt)
        elif attempt in self._checked:
            self._checked.remove(attempt)
            if not wrong:
                self._tries.take_back(attempt.sender.source)
                self._accounts.take_back(attempt.sender.account)
        else:
            return
        if not wrong:
            self._sources.take_back(attempt.sender.source)

    def _may_start(self, sender: Sender) -> bool:
        if self._is_busy(sender.known):
            return False
        return sender.known or not self._accounts.wait(sender.account)

    def _is_busy(self, known: bool) -> bool:
        return any(attempt.sender.known == known for attempt in self._checked)

    def _without_place(self, newest: Attempt) -> Attempt | None:
        """Who is refused now that `newest` waits too: the last in order where there are too many."""
        line = [attempt for attempt in self._waiting if attempt.sender.known == newest.sender.known]
        account = [attempt for attempt in line if attempt.sender.account == newest.sender.account]
        if len(account) > ACCOUNT_PLACES:
            return self._in_order(account)[-1]
        return self._in_order(line)[-1] if len(line) > LINE_PLACES else None

    def _in_order(self, attempts: list[Attempt]) -> list[Attempt]:
        crowd = Counter((attempt.sender.account, attempt.sender.known) for attempt in attempts)

        def order(attempt: Attempt) -> tuple[float, int]:
            source, account, known = attempt.sender
            return math.ceil(self._tries.level(source)) + crowd[account, known], attempt.number

        return sorted(attempts, key=order)
