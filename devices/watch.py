"""What messages become: of one that is given, or of those that come."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec

from devices.learning import learn
from devices.load import taker_of
from devices.sparkplug.births import FILE, read
from devices.taker import Taker
from devices.values import OVERSIZED, Own, Unusable
from perfwatch.broker import broker_of
from perfwatch.devices.protocol import Message, Published
from perfwatch.mqtt.client import Client
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.settings import Settings

# Of a payload that is shown, in bytes.
_LONGEST = 1000


def tried(settings: Settings, topic: str, payload: bytes) -> list[str]:
    """Lines that say what a message becomes, by the rules that are on, or by all when none is."""
    return lines(explained(_taker(settings), topic, payload, retained=False))


async def watched(settings: Settings, everything: bool, say: Callable[[Message], None]) -> None:
    """Say of each message what it becomes, as they come, until cancelled. Raises BrokerError."""
    taker = _taker(settings)
    await learn(taker, settings)
    name = f"perfwatch-watch-{os.urandom(6).hex()}"
    async with Client(broker_of(settings), client_id=name, oversized=OVERSIZED) as client:
        subscribed: set[str] = set()
        await _subscribe(client, ["#"] if everything else taker.filters(), subscribed)
        async for message in client.messages():
            with suppress(Own):
                say(explained(taker, message.topic, message.payload, message.retain, own=everything))
            if not everything:
                await _subscribe(client, taker.filters(), subscribed)


async def _subscribe(client: Client, wanted: list[str], subscribed: set[str]) -> None:
    """To what is new: devices that announce themselves bring more."""
    if new := [one for one in wanted if one not in subscribed]:
        subscribed.update(new)
        await client.subscribe(*new, as_published=False)


def explained(taker: Taker, topic: str, payload: bytes, retained: bool, own: bool = True) -> Message:
    """A message, and what becomes of it now. Of PerfWatch's own it raises Own when those are not wanted."""
    now = time.time_ns() // 1_000_000
    told = Message(topic, payload[:_LONGEST].decode(errors="replace"), format_time(from_ms(now)))
    taker.learn(topic, payload)
    try:
        taken = taker.take(topic, payload, now, retained)
    except Unusable as reason:
        if isinstance(reason, Own) and not own:
            raise
        told.why = str(reason)
        return told
    told.rule = taken.rule
    if not taken.readings:
        told.why = "an old value, retained" if retained else "it tells of a device, and has no value"
    told.readings = [Published(one.topic, msgspec.json.decode(one.payload)) for one in taken.readings]
    return told


def lines(told: Message) -> list[str]:
    """A message's line, and one for each reading that it becomes."""
    if told.rule is None:
        return [f"{told.topic}  not taken: {told.why}"]
    readings = [f"  {one.topic} {msgspec.json.encode(one.reading).decode()}" for one in told.readings]
    return [f"{told.topic}  {told.rule}:{f' {told.why}' if told.why else ''}", *readings]


def _taker(settings: Settings) -> Taker:
    return taker_of(settings, read(settings.data_path / FILE), or_all=True)
