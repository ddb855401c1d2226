"""The devices: what others publish, published again as readings, for as long as it is let."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from devices.desk import Desk
from devices.learning import learn
from devices.load import taker_of, unwanted
from devices.refusals import Refusals
from devices.sparkplug.births import FILE, Kept
from devices.taker import Publication, Taker
from devices.tally import Tally
from devices.values import OVERSIZED, NotOurs, Unusable
from perfwatch.broker import broker_of
from perfwatch.devices import file
from perfwatch.errors import BrokerError, PerfWatchError, Refused, SettingError
from perfwatch.files import stamp
from perfwatch.heartbeat import Heartbeat
from perfwatch.mqtt.client import Client, Message, QoS, Will
from perfwatch.mqtt.reconnect import stay_connected
from perfwatch.settings import Settings, variable
from perfwatch.signals import until_signalled
from perfwatch.topics import Topics

CLIENT_ID = "perfwatch-devices"

# Messages that are taken together, and acknowledged when all that they became is.
MESSAGES = 200

# Readings that wait for the broker at the same time: each costs 3 kB meanwhile.
AT_ONCE = 50

# As collectors do, which also keeps what the broker queues for a bridge that is away.
EXPIRY_SECONDS = 8 * 86_400

FILE_SECONDS = 5.0
REPORT_SECONDS = 60.0
# Of what is known of devices; the broker forgets it when nobody says it again.
TELL_AGAIN_SECONDS = 86_400.0
# Below the eight seconds that a service has to end, with those that two connections take to close.
END_SECONDS = 3.0
BEAT_SECONDS = 10.0

# A SUBSCRIBE packet has a size like any other.
_FILTERS = 100

_log = logging.getLogger(__name__)


class Devices:
    """Takes what the rules of `settings` want until it is cancelled; a broker that is away is waited for."""

    def __init__(self, settings: Settings, taker: Taker) -> None:
        self._settings = settings
        self._broker = broker_of(settings)
        self._topics = Topics(settings.topic_prefix)
        self.taker = taker
        self.tally = Tally()
        self._desk = Desk(settings, self)
        self._heartbeat = Heartbeat(Path(settings.heartbeat_file)) if settings.heartbeat_file else None
        self._refusals = Refusals()
        self._file = file.path_in(settings.data_path)
        self._stamp = stamp(self._file)
        self._reloading = asyncio.Lock()
        self._client_now: Client | None = None
        self._subscribed: set[str] = set()
        self._learned = False
        self._lost = False

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for work in (self._report(), self._beat(), self._tell_again(), self._follow_file()):
                group.create_task(work)
            group.create_task(stay_connected(self._client, self._with_publisher, self._note_lost))

    async def reload(self) -> None:
        """Take in by what the file says now. Raises SettingError and BrokerError."""
        async with self._reloading:
            found, taker = stamp(self._file), _taker(self._settings)
            if taker.rules:
                await learn(taker, self._settings)
            taker.follow(self.taker)
            self.taker, self._stamp = taker, found
            if self._client_now is not None:
                await self._subscribe(self._client_now)
                await self._unsubscribe(self._client_now)
            _log.info("takes in by %s", ", ".join(rule.name for rule in taker.rules) or "no rule")

    def _client(self) -> Client:
        expiry = self._settings.session_expiry
        return Client(
            self._broker,
            client_id=CLIENT_ID,
            session_expiry=expiry,
            receive_max=2 * MESSAGES,
            manual_ack=True,
            oversized=OVERSIZED,
        )

    async def _with_publisher(self, client: Client) -> None:
        """Publish over a connection of its own: the other is not read while it has brought too much."""
        gone = Will(self._topics.devices("status"), payload=b"offline", qos=QoS.AT_LEAST_ONCE, retain=True)
        async with Client(self._broker, will=gone) as publisher, asyncio.TaskGroup() as group:
            if await self._may_be_asked(publisher):
                group.create_task(self._answer(publisher))
            await self._serve(client, publisher)

    async def _may_be_asked(self, client: Client) -> bool:
        """A broker with an access list of its own may not know of our topics."""
        try:
            await client.subscribe(self._topics.devices("ask"))
        except Refused as exc:
            _log.warning("%s: the Settings page does not see this service", exc)
            return False
        return True

    async def _answer(self, client: Client) -> None:
        async for message in client.messages():
            if answer := await self._desk.answer(message.payload):
                await client.publish(self._topics.devices("answer"), msgspec.json.encode(answer), qos=1)

    async def _serve(self, client: Client, publisher: Client) -> None:
        if not self._learned:
            # Before the first message: what waited for us cannot be read without it.
            await learn(self.taker, self._settings)
            self._learned = True
        self._subscribed.clear()
        await self._subscribe(client)
        if client.session_present:
            for pattern in unwanted(self._settings, self.taker.filters()):
                await client.unsubscribe(pattern)
        with suppress(Refused):
            await publisher.publish(self._topics.devices("status"), b"online", qos=1, retain=True)
        _log.info("connected to %s", self._broker)
        self._lost = False
        self._client_now = client
        try:
            while True:
                messages = await client.arrived(MESSAGES)
                await finished(self._take_in(client, publisher, messages))
        finally:
            self._client_now = None

    async def _take_in(self, client: Client, publisher: Client, messages: Sequence[Message]) -> None:
        await self._pass_on(publisher, messages)
        client.puback(*messages)
        await self._subscribe(client)

    async def _subscribe(self, client: Client) -> None:
        """To what is wanted and was not yet: devices that announce themselves bring more."""
        new = [one for one in self.taker.filters() if one not in self._subscribed]
        for first in range(0, len(new), _FILTERS):
            patterns = new[first : first + _FILTERS]
            self._subscribed.update(patterns)
            try:
                await client.subscribe(*patterns, as_published=False)
            except Refused as exc:
                _log.warning("%s; its devices are ignored", exc)

    async def _unsubscribe(self, client: Client) -> None:
        """From what is wanted no more."""
        for one in self._subscribed - set(self.taker.filters()):
            await client.unsubscribe(one)
            self._subscribed.discard(one)

    async def _pass_on(self, publisher: Client, messages: Sequence[Message]) -> None:
        """Return when the broker has every reading that they became. Raises BrokerError."""
        readings = list(self._readings(messages))
        left = iter(readings)
        async with asyncio.TaskGroup() as group:
            for _ in readings[:AT_ONCE]:
                group.create_task(self._publish(publisher, left))

    def _readings(self, messages: Sequence[Message]) -> Iterator[Publication]:
        now = time.time_ns() // 1_000_000
        for message in messages:
            try:
                self.taker.learn(message.topic, message.payload)
                found = self.taker.take(message.topic, message.payload, now, message.retain)
            except NotOurs:
                continue
            except Unusable as reason:
                self._refusals.add(message.topic, str(reason))
                self.tally.refused(reason.rule, message.topic, str(reason), now)
                continue
            if found.readings:
                self.tally.took(found.rule, len(found.readings), now)
            yield from found.readings
        yield from self.taker.introductions()

    async def _publish(self, publisher: Client, readings: Iterator[Publication]) -> None:
        """Those that no other task of these has taken."""
        for one in readings:
            try:
                await publisher.publish(
                    one.topic, one.payload, qos=1, retain=one.retain, expiry=EXPIRY_SECONDS
                )
            except Refused as reason:
                self._refusals.add(one.topic, str(reason))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            for line in self._refusals.report():
                _log.warning("%s", line)

    async def _beat(self) -> None:
        while self._heartbeat is not None:
            self._heartbeat.beat(time.time() + 6 * BEAT_SECONDS)
            await asyncio.sleep(BEAT_SECONDS)

    async def _tell_again(self) -> None:
        while True:
            await asyncio.sleep(TELL_AGAIN_SECONDS)
            self.taker.tell_again()

    async def _follow_file(self) -> None:
        """Use what people write into it. A bad one is said, once, and changes nothing."""
        while True:
            await asyncio.sleep(FILE_SECONDS)
            if (found := stamp(self._file)) != self._stamp:
                try:
                    await self.reload()
                except BrokerError:
                    continue  # it is said already, and tried again
                except PerfWatchError as exc:
                    _log.error("%s; what is taken in stays as it was", exc)
                self._stamp = found

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
        task.cancel()
        try:
            await task
        except* (BrokerError, asyncio.CancelledError):
            pass  # what was not acknowledged comes again
        raise


def _taker(settings: Settings) -> Taker:
    return taker_of(settings, Kept(settings.data_path / FILE))


async def serve(settings: Settings) -> None:
    """Until cancelled. Raises SettingError."""
    taker = _taker(settings)
    if not taker.rules:
        raise SettingError(variable("devices"), "is empty: name a preset, or all")
    await Devices(settings, taker).run()


def run(settings: Settings) -> None:
    """Take in what others' devices publish, as readings."""
    asyncio.run(until_signalled(serve(settings)))
