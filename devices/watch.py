"""What messages become: of one that is given, or of those that come."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from devices.app import learn
from devices.load import taker_of
from devices.sparkplug.births import FILE, read
from devices.taker import Taker
from devices.values import Unusable
from perfwatch.broker import broker_of
from perfwatch.mqtt.client import Client
from perfwatch.settings import Settings


def tried(settings: Settings, topic: str, payload: bytes) -> list[str]:
    """Lines that say what a message becomes, by the rules that are switched on, or by all when none is."""
    return explained(_taker(settings), topic, payload, retained=False)


async def watched(settings: Settings, everything: bool, say: Callable[[str], None]) -> None:
    """Say of each message what it becomes, as they come, until cancelled. Raises BrokerError."""
    taker = _taker(settings)
    await learn(taker, settings)
    async with Client(broker_of(settings), client_id=f"perfwatch-watch-{secrets.token_hex(6)}") as client:
        await client.subscribe(*(["#"] if everything else taker.filters()))
        async for message in client.messages():
            for line in explained(taker, message.topic, message.payload, message.retain):
                say(line)


def explained(taker: Taker, topic: str, payload: bytes, retained: bool) -> list[str]:
    """A message's line, and one for each reading that it becomes."""
    taker.learn(topic, payload)
    try:
        taken = taker.take(topic, payload, time.time_ns() // 1_000_000, retained)
    except Unusable as reason:
        return [f"{topic}  not taken: {reason}"]
    if not taken.readings:
        told = "an old value, retained" if retained else "it tells of a device, and has no value"
        return [f"{topic}  {taken.rule}: {told}"]
    lines = [f"  {one.topic} {one.payload.decode()}" for one in taken.readings]
    return [f"{topic}  {taken.rule}:", *lines]


def _taker(settings: Settings) -> Taker:
    return taker_of(settings, settings.devices or "all", read(settings.data_path / FILE))
