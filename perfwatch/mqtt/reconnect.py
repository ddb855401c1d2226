"""One connection after another, for as long as a service runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from perfwatch.backoff import Backoff
from perfwatch.errors import BrokerError

C = TypeVar("C")

# A connection that lasted so long was a good one: the next wait begins at the shortest again.
STEADY_SECONDS = 30.0


async def stay_connected(
    connect: Callable[[], AbstractAsyncContextManager[C]],
    serve: Callable[[C], Awaitable[None]],
    lost: Callable[[BrokerError], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Connect and serve again and again, with growing waits, until cancelled.

    `lost` is told of each attempt that failed and each connection that ended. Any other exception
    goes on to the caller.
    """
    backoff = Backoff()
    while True:
        began = clock()
        try:
            async with connect() as client:
                await serve(client)
        except* BrokerError as group:
            lost(_first(group))
        if clock() - began > STEADY_SECONDS:
            backoff.reset()
        await asyncio.sleep(backoff.next())


def _first(group: BaseExceptionGroup[BrokerError]) -> BrokerError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
