"""The devices: what others publish, published again as readings, for as long as it is let."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from devices.load import taker_of, unwanted
from devices.refusals import Refusals
from devices.sparkplug.births import FILE, Kept
from devices.taker import Reading, Taker
from devices.values import OVERSIZED, NotOurs, Unusable
from perfwatch.broker import broker_of
from perfwatch.errors import BrokerError, Refused, SettingError
from perfwatch.heartbeat import Heartbeat
from perfwatch.mqtt.client import Client, Message
from perfwatch.mqtt.reconnect import stay_connected
from perfwatch.settings import Settings, variable

CLIENT_ID = "perfwatch-devices"

# Messages that are taken together, and acknowledged when all that they became is.
MESSAGES = 500

# As collectors do, which also keeps what the broker queues for a bridge that is away.
EXPIRY_SECONDS = 8 * 86_400

# What is retained comes at once, but nothing says that it was the last.
QUIET_SECONDS, LEARN_SECONDS = 0.5, 10.0
REPORT_SECONDS = 60.0
END_SECONDS = 5.0
BEAT_SECONDS = 10.0

# A SUBSCRIBE packet has a size like any other.
_FILTERS = 100

_log = logging.getLogger(__name__)


class Devices:
    """Takes what the rules of `settings` want until it is cancelled; a broker that is away is waited for."""

    def __init__(self, settings: Settings, taker: Taker) -> None:
        self._settings = settings
        self._broker = broker_of(settings)
        self._taker = taker
        self._heartbeat = Heartbeat(Path(settings.heartbeat_file)) if settings.heartbeat_file else None
        self._refusals = Refusals()
        self._subscribed: set[str] = set()
        self._learned = False
        self._lost = False
        self.taken = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report())
            group.create_task(self._beat())
            group.create_task(stay_connected(self._client, self._with_publisher, self._note_lost))

    def _client(self) -> Client:
        expiry = self._settings.session_expiry
        return Client(
            self._broker, client_id=CLIENT_ID, session_expiry=expiry, manual_ack=True, oversized=OVERSIZED
        )

    async def _with_publisher(self, client: Client) -> None:
        """Publish over a connection of its own: the other is not read while it has brought too much."""
        async with Client(self._broker) as publisher:
            await self._serve(client, publisher)

    async def _serve(self, client: Client, publisher: Client) -> None:
        if not self._learned:
            # Before the first message: what waited for us cannot be read without it.
            await learn(self._taker, self._settings)
            self._learned = True
        self._subscribed.clear()
        await self._subscribe(client)
        if client.session_present:
            for pattern in unwanted(self._settings, self._taker.filters()):
                await client.unsubscribe(pattern)
        _log.info("connected to %s", self._broker)
        self._lost = False
        while True:
            messages = await client.arrived(MESSAGES)
            await finished(self._take_in(client, publisher, messages))

    async def _take_in(self, client: Client, publisher: Client, messages: Sequence[Message]) -> None:
        await self._pass_on(publisher, messages)
        client.puback(*messages)
        await self._subscribe(client)

    async def _subscribe(self, client: Client) -> None:
        """To what is wanted and was not yet: devices that announce themselves bring more."""
        new = [one for one in self._taker.filters() if one not in self._subscribed]
        for first in range(0, len(new), _FILTERS):
            patterns = new[first : first + _FILTERS]
            self._subscribed.update(patterns)
            try:
                await client.subscribe(*patterns, as_published=False)
            except Refused as exc:
                _log.warning("%s; its devices are ignored", exc)

    async def _pass_on(self, publisher: Client, messages: Sequence[Message]) -> None:
        """Return when the broker has every reading that they became. Raises BrokerError."""
        async with asyncio.TaskGroup() as group:
            for reading in self._readings(messages):
                group.create_task(self._publish(publisher, reading))

    def _readings(self, messages: Sequence[Message]) -> Iterator[Reading]:
        now = time.time_ns() // 1_000_000
        for message in messages:
            try:
                self._taker.learn(message.topic, message.payload)
                found = self._taker.take(message.topic, message.payload, now, message.retain)
            except NotOurs:
                continue
            except Unusable as reason:
                self._refusals.add(message.topic, str(reason))
                continue
            self.taken += 1
            yield from found.readings

    async def _publish(self, publisher: Client, reading: Reading) -> None:
        try:
            await publisher.publish(
                reading.topic, reading.payload, qos=1, retain=reading.retain, expiry=EXPIRY_SECONDS
            )
        except Refused as reason:
            self._refusals.add(reading.topic, str(reason))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            for line in self._refusals.report():
                _log.warning("%s", line)

    async def _beat(self) -> None:
        while self._heartbeat is not None:
            self._heartbeat.beat(time.time() + 6 * BEAT_SECONDS)
            await asyncio.sleep(BEAT_SECONDS)

    def _note_lost(self, error: BrokerError) -> None:
        if not self._lost:
            _log.warning("lost the broker, and keeps trying: %s", error)
        self._lost = True


async def finished(work: Coroutine[Any, Any, None]) -> None:
    """Do `work` to its end when we are cancelled: what is half done would be done again at the next start."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=END_SECONDS)
        raise


async def learn(taker: Taker, settings: Settings) -> None:
    """Read what is retained of devices and collectors, over a connection of its own. Raises BrokerError."""
    async with Client(broker_of(settings), client_id=f"{CLIENT_ID}-{secrets.token_hex(6)}") as client:
        await client.subscribe(*taker.facts())
        ends = time.monotonic() + LEARN_SECONDS
        while time.monotonic() < ends and await client.gathered(1, QUIET_SECONDS):
            for message in client.waiting():
                taker.learn(message.topic, message.payload)
                with suppress(Unusable):  # it comes again over the connection that counts them
                    taker.take(message.topic, message.payload, 0, retained=True)


def run(settings: Settings) -> None:
    """Take in what others' devices publish, as readings."""
    taker = taker_of(settings, births=Kept(settings.data_path / FILE))
    if not taker.rules:
        raise SettingError(variable("devices"), "is empty: name a preset, or all")
    with suppress(asyncio.CancelledError):
        asyncio.run(_until_signal(Devices(settings, taker)))


async def _until_signal(devices: Devices) -> None:
    running = asyncio.ensure_future(devices.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, running.cancel)
    await running
