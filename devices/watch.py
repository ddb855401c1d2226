"""What messages become: of one that is given, or of those that come."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import msgspec

from devices.learning import learn
from devices.load import taker_of
from devices.taker import Taker
from devices.values import Unusable
from perfwatch.broker import broker_of
from perfwatch.devices.protocol import Message, Published
from perfwatch.mqtt.client import Client
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.settings import Settings

# Of a payload that is shown, in bytes.
_LONGEST = 1000


def tried(settings: Settings, topic: str, payload: bytes) -> list[str]:
    """Lines that say what a message becomes, by the rules that are on, or by all when none is."""
    return lines(explained(taker_of(settings, or_all=True), topic, payload, retained=False))


async def watched(settings: Settings, everything: bool, say: Callable[[Message], None]) -> None:
    """Say of each message what it becomes, as they come, until cancelled. Raises BrokerError."""
    taker = taker_of(settings, or_all=True)
    await learn(taker, settings)
    async with Client(broker_of(settings), client_id=f"perfwatch-watch-{secrets.token_hex(6)}") as client:
        await client.subscribe(*(["#"] if everything else taker.filters()))
        async for message in client.messages():
            say(explained(taker, message.topic, message.payload, message.retain))


def explained(taker: Taker, topic: str, payload: bytes, retained: bool) -> Message:
    """A message, and what becomes of it now."""
    now = time.time_ns() // 1_000_000
    told = Message(topic, payload[:_LONGEST].decode(errors="replace"), format_time(from_ms(now)))
    taker.learn(topic, payload)
    try:
        taken = taker.take(topic, payload, now, retained)
    except Unusable as reason:
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
