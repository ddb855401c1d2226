"""Asking the broker whether it is still there."""

from __future__ import annotations

import asyncio
import time

import mqtt5

from perfwatch.mqtt.transport import Transport

_MISSED_PINGS = 3


async def ping(transport: Transport, keep_alive: float) -> None:
    """Ping at half the agreed interval, in seconds; a broker that answers none of three is gone.

    Pings are counted rather than seconds: it is not silence when this process did not listen.
    """
    missed, asked = 0, 0.0
    while missed < _MISSED_PINGS:
        await asyncio.sleep(keep_alive / 2)
        missed = missed + 1 if transport.silent_since(asked) else 0
        asked = time.monotonic()
        transport.send(mqtt5.PingReqPacket().write())
    transport.fail(f"has been silent for {_MISSED_PINGS / 2 * keep_alive:.1f} s")
