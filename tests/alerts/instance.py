"""The alerts service inside a test, and readings for it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from alerts.app import Alerts
from alerts.channels import Channel, Channels, channels_path
from perfwatch.broker import broker_of
from perfwatch.mqtt.client import Client
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.settings import Settings
from tests.bridge.publisher import Publisher
from tests.servers import Mosquitto, wait_until

CPU = "perfwatch/nas/cpu"
STATE = "perfwatch/nas/alert/cpu"
RULES = """
[rules.cpu]
statistic = "last"
window = 0
at_least = 90
clear = 80
"""


class Instance:
    """Settings and a data folder for the service, and what can be seen of it from outside."""

    def __init__(self, broker: Mosquitto) -> None:
        self.broker = broker
        self.folder = broker.folder
        self.settings = Settings(broker=broker.url, data_dir=str(self.folder), alerts_every=0.0)
        self.rules(RULES)

    def rules(self, text: str) -> None:
        (self.folder / "alerts.toml").write_text(text)

    def channel(self, url: str) -> None:
        Channels(channels_path(self.folder)).add("hook", Channel(url))

    @asynccontextmanager
    async def alerts(self) -> AsyncIterator[Alerts]:
        alerts = Alerts(self.settings)
        running = asyncio.create_task(alerts.run())
        try:
            yield alerts
        finally:
            alerts.stop()
            async with asyncio.timeout(60):
                await running

    async def until(self, topic: str, **fields: Any) -> dict[str, Any]:
        """What is retained on `topic` once it has these fields."""
        async with asyncio.timeout(60), Client(broker_of(self.settings)) as client:
            await client.subscribe(topic)
            async for message in client.messages():
                told: dict[str, Any] = json.loads(message.payload or b"{}")
                if all(told.get(name) == value for name, value in fields.items()):
                    return told
        raise AssertionError


def reading(publishing: Publisher, usage: float, retain: bool = True, host: str = "nas") -> None:
    moment = format_time(from_ms(time.time_ns() // 1_000_000))
    content = json.dumps({"timestamp": moment, "usage_percent": usage}).encode()
    publishing.publish(f"perfwatch/{host}/cpu", content, retain)


async def wait_for(condition: Callable[[], bool], what: str = "it came") -> None:
    await asyncio.to_thread(wait_until, condition, what)
