"""What is retained of devices and collectors, read before their messages can be understood."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from devices.taker import Taker
from devices.values import Unusable
from perfwatch.broker import broker_of
from perfwatch.mqtt.client import Client
from perfwatch.settings import Settings

# What is retained comes at once, but nothing says that it was the last.
QUIET_SECONDS, LEARN_SECONDS = 0.5, 10.0


async def learn(taker: Taker, settings: Settings) -> None:
    """Read it over a connection of its own. Raises BrokerError."""
    async with Client(broker_of(settings), client_id=f"perfwatch-learns-{os.urandom(6).hex()}") as client:
        await client.subscribe(*taker.facts())
        ends = time.monotonic() + LEARN_SECONDS
        while time.monotonic() < ends and await client.gathered(1, QUIET_SECONDS):
            for message in client.waiting():
                taker.learn(message.topic, message.payload)
                with suppress(Unusable):  # it comes again over the connection that counts them
                    taker.take(message.topic, message.payload, 0, retained=True)
