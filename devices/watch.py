"""What messages become: of one that is given, or of those that come."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from devices.app import learn
from devices.load import taker_of
from devices.sparkplug.births import FILE, read
from devices.taker import Taker
from devices.values import OVERSIZED, Own, Unusable
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
    name = f"perfwatch-watch-{secrets.token_hex(6)}"
    async with Client(broker_of(settings), client_id=name, oversized=OVERSIZED) as client:
        subscribed: set[str] = set()
        await _subscribe(client, ["#"] if everything else taker.filters(), subscribed)
        async for message in client.messages():
            for line in explained(taker, message.topic, message.payload, message.retain, everything):
                say(line)
            if not everything:
                await _subscribe(client, taker.filters(), subscribed)


async def _subscribe(client: Client, wanted: list[str], subscribed: set[str]) -> None:
    """To what is new: devices that announce themselves bring more."""
    if new := [one for one in wanted if one not in subscribed]:
        subscribed.update(new)
        await client.subscribe(*new, as_published=False)


def explained(taker: Taker, topic: str, payload: bytes, retained: bool, everything: bool = True) -> list[str]:
    """A message's line, and one for each reading that it becomes; PerfWatch's own only with `everything`."""
    taker.learn(topic, payload)
    try:
        taken = taker.take(topic, payload, time.time_ns() // 1_000_000, retained)
    except Own as reason:
        return [f"{topic}  not taken: {reason}"] if everything else []
    except Unusable as reason:
        return [f"{topic}  not taken: {reason}"]
    if not taken.readings:
        told = "an old value, retained" if retained else "it tells of a device, and has no value"
        return [f"{topic}  {taken.rule}: {told}"]
    lines = [f"  {one.topic} {one.payload.decode()}" for one in taken.readings]
    return [f"{topic}  {taken.rule}:", *lines]


def _taker(settings: Settings) -> Taker:
    return taker_of(settings, settings.devices or "all", read(settings.data_path / FILE))
