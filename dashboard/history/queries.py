"""Asking the history for a request: in threads of its own, within a deadline, a few for each user at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import TypeVar, TypeVarTuple

from starlette.requests import ClientDisconnect, Request

from dashboard.web.requests import gone, session_of
from perfwatch.errors import StoreError
from perfwatch.workers import Workers

DEADLINE_SECONDS = 5.0
# As many as a browser has connections to one server; the other threads are for other users.
AT_ONCE, _THREADS = 6, 8

Given = TypeVarTuple("Given")
T = TypeVar("T")


class Queries:
    """`place` names the history, for the message that it does not answer."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._workers = Workers("the history", _THREADS)
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(partial(asyncio.Semaphore, AT_ONCE))

    async def run(
        self,
        request: Request,
        work: Callable[[*Given], T],
        *given: *Given,
        deadline: float = DEADLINE_SECONDS,
    ) -> T:
        """What `work(*given)` returns. It never begins once the client is gone.

        Raises StoreError when it is not done `deadline` seconds from now, and ClientDisconnect.
        """
        asked = asyncio.create_task(self._in_turn(session_of(request).username, deadline, work, *given))
        left = asyncio.create_task(gone(request))
        try:
            await asyncio.wait({asked, left}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise ClientDisconnect
            return asked.result()
        finally:
            asked.cancel()
            left.cancel()

    async def _in_turn(
        self, username: str, deadline: float, work: Callable[[*Given], T], *given: *Given
    ) -> T:
        turns, waiting = self._turns[username], True
        try:
            async with asyncio.timeout(deadline) as limit:
                await turns.acquire()
                waiting = False
                return await self._counted(turns, work, *given)
        except TimeoutError as exc:
            if not limit.expired():
                raise
            why = f": {AT_ONCE} other queries of {username} are running" if waiting else ""
            raise StoreError(f"{self._place} did not answer within {deadline:g} s{why}") from exc

    async def _counted(self, turns: asyncio.Semaphore, work: Callable[[*Given], T], *given: *Given) -> T:
        """Hold the turn for as long as the work runs, even when nobody waits for it any more."""
        loop, turn = asyncio.get_running_loop(), _Turn(turns)

        def run() -> T:
            turn.begun = True
            try:
                return work(*given)
            finally:
                loop.call_soon_threadsafe(turn.end)

        try:
            return await self._workers.run(run)
        finally:
            if not turn.begun:
                turn.end()


class _Turn:
    """A user's place, given back once: by the thread, or by who waited when no thread began."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._ended = False
        self.begun = False

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            self._turns.release()
