"""Passwords are checked and hashed here, each in its turn: what admission.py decides, done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, ParamSpec, TypeVar

from starlette.requests import ClientDisconnect, Request

from dashboard.auth.admission import FULL_SECONDS, Admission, Attempt, Sender, Throttled
from dashboard.web.requests import gone
from perfwatch.users import Users
from perfwatch.workers import Workers

P = ParamSpec("P")
T = TypeVar("T")

# One for each of the two lines: argon2 takes 64 MB and a core for each.
_THREADS = 2


class Passwords:
    """Raises Throttled where too many try, and ClientDisconnect when who asked has gone before its turn."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._admission = Admission()
        self._workers = Workers("passwords", _THREADS)
        # Told True when its turn has come, False when another got its place.
        self._turns: dict[Attempt, asyncio.Future[bool]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def right(self, request: Request, sender: Sender, username: str, password: str) -> bool:
        """Whether that is the account's password. Counted for the sender when it is not."""
        attempt = await self._turn(request, sender)
        wrong = True
        try:
            wrong = not await self._run(self._users.verify, username, password)
        finally:
            self._leave(attempt, wrong=wrong)
        return not wrong

    async def hashed(
        self, request: Request, sender: Sender, work: Callable[P, T], *given: P.args, **named: P.kwargs
    ) -> T:
        """What `work`, which hashes a password, returns. Nothing is guessed, so nothing stays counted."""
        attempt = await self._turn(request, sender)
        try:
            return await self._run(work, *given, **named)
        finally:
            self._leave(attempt)

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._workers.close()

    async def _run(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        return await self._workers.run(partial(work, *given, **named))

    async def _turn(self, request: Request, sender: Sender) -> Attempt:
        attempt, out = self._admission.enter(sender)
        if out is not None:
            self._turns.pop(out).set_result(False)
        turn = self._turns[attempt] = asyncio.get_running_loop().create_future()
        self._advance()
        with ExitStack() as unless_started:
            unless_started.callback(self._leave, attempt)
            if not await _while_there(request, turn):
                raise Throttled(FULL_SECONDS)
            unless_started.pop_all()
        return attempt

    def _leave(self, attempt: Attempt, *, wrong: bool = False) -> None:
        self._turns.pop(attempt, None)
        self._admission.leave(attempt, wrong=wrong)
        self._advance()

    def _advance(self) -> None:
        """Start who may start, and come back when time brings the next turn."""
        while attempt := self._admission.start():
            self._turns.pop(attempt).set_result(True)
        if self._timer:
            self._timer.cancel()
        pause = self._admission.pause()
        self._timer = None if pause is None else asyncio.get_running_loop().call_later(pause, self._advance)


async def _while_there(request: Request, turn: asyncio.Future[bool]) -> bool:
    """What `turn` says. Raises ClientDisconnect when the client goes before that."""
    left = asyncio.ensure_future(gone(request))
    try:
        waited: set[asyncio.Future[Any]] = {left, turn}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if left.done():
            raise ClientDisconnect
        return turn.result()
    finally:
        left.cancel()
