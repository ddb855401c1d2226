"""Messages on their way to the channels: one at a time for each, and again what did not arrive."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from alerts.channels import Channel, send
from alerts.telling import Message
from alerts.watch import Watch
from perfwatch.errors import ChannelError

_log = logging.getLogger(__name__)


class Sender:
    """Sends what `watch` has to tell while `may` allows it; `arrived` is called after each message."""

    def __init__(
        self,
        watch: Watch,
        clock: Callable[[], float],
        may: Callable[[], bool],
        arrived: Callable[[], Awaitable[None]],
    ) -> None:
        self._watch = watch
        self._clock = clock
        self._may = may
        self._arrived = arrived
        self._news = asyncio.Event()
        self._sending: dict[str, asyncio.Task[None]] = {}

    def look(self) -> None:
        """There may be something to send, or it may be allowed now."""
        self._news.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self._news.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._begin(group) if self._may() else None):
                        await self._news.wait()

    async def finish(self, seconds: float) -> None:
        """Wait for what is being sent: what has arrived must be known to have, or it is sent again."""
        if self._sending:
            await asyncio.wait(self._sending.values(), timeout=seconds)

    def _begin(self, group: asyncio.TaskGroup) -> float | None:
        """Send what is due; returns after how many seconds more will be, None if nothing waits."""
        teller, now = self._watch.teller, self._clock()
        for name, message in teller.due(now):
            if name not in self._sending:
                channel = self._watch.channels[name]
                self._sending[name] = group.create_task(self._send(name, channel, message))
        return teller.due_in(now, self._sending)

    async def _send(self, name: str, channel: Channel, message: Message) -> None:
        try:
            has_arrived = await self._try(name, channel, message)
        finally:
            del self._sending[name]
            self.look()
        self._watch.keep_told()
        if has_arrived:
            await self._arrived()

    async def _try(self, name: str, channel: Channel, message: Message) -> bool:
        teller = self._watch.teller
        try:
            await send(channel, message)
        except ChannelError as exc:
            wait = teller.failed(name, self._clock())
            _log.warning("channel %s: %s; trying again in %.0f s", name, exc, wait)
            return False
        teller.sent(name, message, self._clock())
        return True
