"""One TCP or TLS connection: bytes in, wherever the network has cut them, and bytes out."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from perfwatch.broker import Broker
from perfwatch.mqtt.packets import stand_in

# A broker is told to send no larger packet; one that does all the same is cut off. Bytes.
MAX_PACKET = 1024 * 1024

CLOSE_SECONDS = 2.0


class Transport(asyncio.Protocol):
    """A connection that ends itself when what comes over it makes no sense.

    `parse` is given all bytes not yet used and returns how many of them it has used; ValueError from
    it ends the connection. `lost` is called once, with the reason, when the connection has ended.
    asyncio sets TCP_NODELAY by itself, so a small packet does not wait for the one before. With `oversized`
    a message that is too large comes with that payload; what it had is never in memory.
    """

    def __init__(
        self,
        parse: Callable[[memoryview], int],
        lost: Callable[[str], None],
        oversized: bytes | None = None,
    ) -> None:
        self._parse = parse
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._oversized = oversized
        self._rest = b""
        self._skip = 0
        self._failed = False
        self._closed = asyncio.Event()
        self._heard = time.monotonic()
        self.paused = False
        self.writable = asyncio.Event()
        self.writable.set()

    async def open(self, broker: Broker) -> None:
        """Raises OSError, and UnicodeError for an impossible host name."""
        await asyncio.get_running_loop().create_connection(
            lambda: self,
            broker.host,
            broker.port,
            ssl=ssl.create_default_context(cafile=broker.ca_file) if broker.tls else None,
        )

    def send(self, packet: bytes) -> None:
        """Send, or do nothing when the connection has ended."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(packet)

    def fail(self, reason: str) -> None:
        """End the connection at once; only the first reason counts."""
        if not self._failed:
            self._failed = True
            self._lost(reason)
        self.writable.set()
        if self._transport is not None:
            self._transport.abort()

    async def close(self, last: bytes) -> None:
        """Send `last`, then end the connection; at once when the other side does not read."""
        if self._transport is None:
            return
        self.send(last)
        self._transport.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._closed.wait()
        self._transport.abort()

    def silent_since(self, moment: float) -> bool:
        """Whether nothing came since then, on the monotonic clock, although we read."""
        return not self.paused and self._heard < moment

    def pause(self) -> None:
        if not self.paused and self._transport is not None:
            self.paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self.paused and self._transport is not None:
            self.paused = False
            self._heard = time.monotonic()
            self._transport.resume_reading()

    async def rest(self, seconds: float) -> None:
        """Leave what comes in the system's buffers for so long, then read it: much costs as little does."""
        if self._transport is None:
            return
        self._transport.pause_reading()
        try:
            await asyncio.sleep(seconds)
        finally:
            if not self.paused:
                self._transport.resume_reading()
        for _ in range(2):  # the loop finds that there is something, and reads it
            await asyncio.sleep(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard = time.monotonic()
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip, data = self._skip - skipped, data[skipped:]
        self._rest = self._parsed(self._rest + data if self._rest else data)
        if self._rest and self._oversized is not None:
            self._rest, self._skip = stand_in(self._rest, MAX_PACKET, self._oversized)
            self._rest = self._parsed(self._rest) if self._skip else self._rest
        if len(self._rest) > MAX_PACKET + len(data):
            self.fail(f"sent a packet of more than {MAX_PACKET} bytes")

    def _parsed(self, unused: bytes) -> bytes:
        """What is left of them, for more to come."""
        try:
            return unused[self._parse(memoryview(unused)) :]
        except ValueError as exc:
            self.fail(f"sent what is not MQTT 5: {exc}")
            return b""

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()
        self.fail(f"closed the connection{f': {exc}' if exc else ''}")
