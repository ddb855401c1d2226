"""Which member of a group of bridges looks after the history that they share."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import msgspec

from perfwatch.broker import broker_of
from perfwatch.errors import BrokerError
from perfwatch.mqtt.client import Client
from perfwatch.mqtt.identity import new_client_id
from perfwatch.mqtt.lease import EXPIRY_SECONDS, Lease
from perfwatch.mqtt.reconnect import stay_connected
from perfwatch.settings import Settings
from perfwatch.topics import Topics, safe_level

LOOK_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Leading:
    """Holds the lease on `topic` while it can, as `me`, over connections of its own.

    The bridge's own connection stays one for readings. Two may lead for a moment, when both claimed at once
    or the old one cannot be reached: upkeep done twice does no harm.
    """

    def __init__(self, connect: Callable[[], Client], topic: str, me: str) -> None:
        self._connect = connect
        self._topic = topic
        self._lease = Lease(me)

    def leads(self) -> bool:
        return self._lease.leads

    async def run(self) -> None:
        """Until cancelled."""
        await stay_connected(self._connect, self._serve, self._lost)

    async def _serve(self, client: Client) -> None:
        self._lease.begin(time.monotonic())
        await client.subscribe(self._topic)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(client))
            group.create_task(self._renew(client))

    async def _listen(self, client: Client) -> None:
        async for message in client.messages():
            led = self._lease.leads
            with suppress(msgspec.DecodeError):  # nobody's claim; who leads claims again
                self._lease.hear(message.payload or b"", time.monotonic())
            if self._lease.leads != led:
                _log.info("%s looks after the history", "this bridge" if not led else "another bridge")

    async def _renew(self, client: Client) -> None:
        while True:
            if self._lease.is_due(now := time.monotonic()):
                claim = self._lease.claim(now)
                await client.publish(self._topic, claim, qos=1, retain=True, expiry=EXPIRY_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    def _lost(self, _error: BrokerError) -> None:
        self._lease.leads = False


class Alone:
    """A bridge of no group shares its history with nobody."""

    def leads(self) -> bool:
        return True

    async def run(self) -> None:
        return


def leading_of(settings: Settings) -> Leading | Alone:
    if not settings.group:
        return Alone()
    topic = Topics(settings.topic_prefix).bridge(safe_level(settings.group), "lease")
    client_id = new_client_id("bridge-lease", safe_level(settings.bridge_id))
    connect = partial(Client, broker_of(settings), client_id=client_id)
    return Leading(connect, topic, safe_level(settings.bridge_id))
