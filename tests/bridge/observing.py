"""Another subscriber beside a bridge, and a store that refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from perfwatch.broker import broker_of
from perfwatch.errors import StoreError
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Numbers, Point
from perfwatch.mqtt.client import Client
from perfwatch.settings import Settings
from tests.servers import Mosquitto

CPU = "perfwatch/nas/cpu"


class Refusing(SqliteStore):
    """A store that cannot write while `refuses`."""

    refuses = True

    def write(self, points: Iterable[Point | Numbers]) -> int:
        if self.refuses:
            raise StoreError("The disk of this test is full")
        return super().write(points)


class Observer:
    """Another subscriber, which publishes too."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def publish(self, topic: str, content: bytes, retain: bool = False) -> None:
        await self.client.publish(topic, content, qos=1, retain=retain)

    async def bridge_is_online(self) -> None:
        await self.next("perfwatch-bridge/test/status", lambda content: content == b"online")

    async def next(self, topic: str, accept: Callable[[bytes], bool] = lambda _: True) -> bytes:
        """The next payload on `topic` that is acceptable."""
        async with asyncio.timeout(60):
            async for message in self.client.messages():
                if message.topic == topic and accept(message.payload):
                    return message.payload
        raise AssertionError("the messages ended")


@asynccontextmanager
async def observer(broker: Mosquitto) -> AsyncIterator[Observer]:
    address = broker_of(Settings(broker=broker.url))
    async with Client(address, client_id="observer") as client:
        await client.subscribe("perfwatch-bridge/test/#")
        yield Observer(client)


async def eventually(condition: Callable[[], bool], what: str) -> None:
    async def poll() -> None:
        while not condition():  # noqa: ASYNC110 - the condition is the state of a file
            await asyncio.sleep(0.02)

    try:
        await asyncio.wait_for(poll(), 60)
    except TimeoutError:
        raise AssertionError(f"not within 60 s: {what}") from None
