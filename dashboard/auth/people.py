"""What the routes about accounts stand on together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

from dashboard.auth.sessions import Sessions
from dashboard.auth.throttle import Failures
from perfwatch.users import Users

P = ParamSpec("P")
T = TypeVar("T")


class People(NamedTuple):
    """The accounts, their sessions and failed attempts; `hashing` lets so many hash a password at once."""

    users: Users
    sessions: Sessions
    failures: Failures
    hashing: asyncio.Semaphore

    async def hashed(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        async with self.hashing:
            return await asyncio.to_thread(work, *given, **named)
