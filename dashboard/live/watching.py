"""The hosts whose live cards somebody has before them: their collectors read each second meanwhile."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable

from perfwatch.errors import BrokerError, Refused

_log = logging.getLogger(__name__)

LOOK_SECONDS = 15
"""How long a look counts. A page that is still seen says so more often."""

# However many pages look at a host, it is told no more often.
_PAUSE_SECONDS = 4.0


class Watching:
    """`look` whenever somebody does; `run` calls `tell` with the host. Must be used from one event loop."""

    def __init__(
        self, tell: Callable[[str], Awaitable[None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._told: dict[str, float] = {}
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._said = False

    def look(self, host: str) -> None:
        """Somebody looks at that host now. Its name must be one that the broker has told."""
        now = self._clock()
        if now - self._told.get(host, -math.inf) >= _PAUSE_SECONDS:
            self._told[host] = now
            self._waiting.put_nowait(host)

    async def run(self) -> None:
        """Tell the collectors, one after another, without end."""
        while True:
            host = await self._waiting.get()
            try:
                await self._tell(host)
            except BrokerError as exc:
                self._failed(exc)

    def _failed(self, error: BrokerError) -> None:
        """A broker that is away is told of by whoever follows it."""
        if isinstance(error, Refused) and not self._said:
            self._said = True
            _log.warning(
                "Live pages stay at each host's interval (%s): let the dashboard's account write "
                "perfwatch/+/watch on the broker",
                error,
            )
