"""What the log says of logins: who, from where, how it went. Many that are refused are one line a minute."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import NamedTuple

from starlette.requests import Request

_SUMMED_SECONDS = 60.0
# Beyond so many accounts and addresses in a minute, the others are one sum.
_MOST_TOLD = 20
_LONGEST_NAME = 64

_log = logging.getLogger(__name__)


class _Refused(NamedTuple):
    account: str
    address: str
    why: str


_OTHERS = _Refused("…", "other addresses", "for one of these reasons")


class LoginLog:
    """`run` tells the sums."""

    def __init__(self) -> None:
        self._refused: Counter[_Refused] = Counter()

    def came_in(self, request: Request, account: str, how: str = "") -> None:
        _log.info("%s logged in from %s%s", account, _address(request), how)

    def went(self, request: Request, account: str) -> None:
        _log.info("%s logged out from %s", account, _address(request))

    def refused(self, request: Request, account: str, why: str) -> None:
        """Told at once when it is the first of its kind in a minute."""
        kind = _Refused(account[:_LONGEST_NAME], _address(request), why)
        if kind not in self._refused and len(self._refused) >= _MOST_TOLD:
            kind = _OTHERS
        self._refused[kind] += 1
        if self._refused[kind] == 1:
            _log.warning("a login as %r from %s was refused: %s", *kind)

    def sum_up(self) -> None:
        """Tell of the others, and begin anew."""
        for kind, count in self._refused.items():
            if count > 1:
                _log.warning("%d more logins as %r from %s were refused: %s", count - 1, *kind)
        self._refused.clear()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_SUMMED_SECONDS)
            self.sum_up()


def _address(request: Request) -> str:
    return request.client.host[:_LONGEST_NAME] if request.client else "nowhere"
