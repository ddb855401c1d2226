"""What a WebSocket client is sent: frames, and its own place for them. Does no input or output."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Collection
from functools import cached_property

from dashboard.live.ticks import Tick


class Frame:
    """One tick, or what is known of a host, as it is sent: each way encoded once at most, however many watch.

    A newer frame of the same `part` of a host stands for an older one.
    """

    def __init__(
        self,
        host: str,
        type_: str,
        encode: Callable[[], str],
        tick: Tick | None = None,
        part: frozenset[str] = frozenset(),
    ) -> None:
        self.host = host
        self.type = type_
        self.tick = tick
        self.part = part
        self._encode = encode

    @cached_property
    def text(self) -> str:
        return self._encode()

    @cached_property
    def plain(self) -> str:
        """Its text for those who ask for nothing: with aliases."""
        tick = self.tick and self.tick.with_aliases()
        return self.text if tick is None or tick is self.tick else tick.frame()

    def only(self, metrics: Collection[str]) -> str | None:
        """Its text with those metrics alone; None when it has none of them."""
        if self.tick is None:
            return self.text
        some = {name: payload for name, payload in self.tick.metrics.items() if name in metrics}
        return Tick(self.host, self.tick.timestamp, some, self.tick.offline).frame() if some else None


class Viewer:
    """One WebSocket's place in the hub. Holds the newest frame of each type and part of a host and no more.

    So a viewer who cannot keep up is skipped to the newest, and never delays another.
    """

    def __init__(self, hosts: Collection[str] | None, types: Collection[str]) -> None:
        self._hosts = hosts
        # Who asks for neither hosts nor their presence would take an offline host's last tick for a live one.
        self._only_live = hosts is None and "host" not in types
        self._types = types
        self._newest: dict[tuple[str, str, frozenset[str]], Frame] = {}
        self._some = asyncio.Event()
        self._close = ""
        self._close_until = -math.inf

    def look(self, host: str, seconds: float) -> None:
        """Look at that host closely, and at no other, for so long from now."""
        self._close, self._close_until = host, time.monotonic() + seconds

    def looks_at(self, host: str) -> bool:
        """Whether it gets that host's ticks in between."""
        return host == self._close and time.monotonic() < self._close_until

    def offer(self, frame: Frame) -> None:
        if self._only_live and frame.tick and frame.tick.offline:
            return
        if (self._hosts is None or frame.host in self._hosts) and frame.type in self._types:
            key = frame.host, frame.type, frame.part
            if frame.part:  # what is newer of a device's other parts stays behind what is older
                self._newest.pop(key, None)
            self._newest[key] = frame
            self._some.set()

    async def frames(self) -> AsyncIterator[Frame]:
        """The frames as they come, without end."""
        while True:
            await self._some.wait()
            frame = self._newest.pop(next(iter(self._newest)))
            if not self._newest:
                self._some.clear()
            yield frame
