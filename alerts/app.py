"""The alerts: follows readings on the broker, publishes the states of rules, sends messages."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from alerts import states
from alerts.absence import Absence
from alerts.desk import Desk
from alerts.memory import instance
from alerts.publishing import Publisher
from alerts.sending import Sender
from alerts.watch import Watch
from perfwatch.beat import beat
from perfwatch.broker import broker_of
from perfwatch.errors import BrokerError
from perfwatch.heartbeat import Heartbeat
from perfwatch.mqtt.client import Client, QoS, Will
from perfwatch.mqtt.lease import EXPIRY_SECONDS, Lease
from perfwatch.mqtt.reconnect import stay_connected
from perfwatch.readings.codec import UNREADABLE
from perfwatch.settings import Settings
from perfwatch.signals import until_signalled
from perfwatch.systemd_notify import Notifier
from perfwatch.topics import Topics

# A reading waits that long for others: waking up for each of them is what would cost most.
GATHER_SECONDS = 1.0
GATHERED = 1000
# What a host reads at once comes within that time.
BURST_SECONDS = 0.05
FILES_SECONDS = 5.0
# How long a message that is being sent when we are to end may take, and then the last words to the broker.
# With what its connection takes to close, that is less than the eight seconds that a service has.
END_SECONDS = 3.0
LEAVE_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Alerts:
    """Runs until `stop`; a broker or channel that is away is waited for. `clock` is in s since 1970."""

    def __init__(
        self, settings: Settings, notifier: Notifier | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """Raises StartError when rules or state cannot be read, OSError when nothing can be written."""
        self._broker = broker_of(settings)
        self._topics = Topics(settings.topic_prefix)
        self._notifier = notifier or Notifier(None)
        self._heartbeat = Heartbeat(Path(settings.heartbeat_file)) if settings.heartbeat_file else None
        self._clock = clock
        self._stop = asyncio.Event()
        self._told_by_others: float | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._taken = asyncio.Event()
        self._client_now: Client | None = None
        self._followed: set[str] = set()
        self.watch = Watch(self._topics, settings.data_path, settings.alerts_every, clock())
        self._desk = Desk(self.watch, clock)
        prefix = settings.homeassistant_prefix if settings.homeassistant else ""
        self._publisher = Publisher(self.watch, self._desk, self._topics, prefix, clock)
        self._absence = Absence(self._broker, self.watch, clock)
        self._me = instance(settings.data_path / "alerts" / "instance")
        self.lease = Lease(self._me)
        self._sender = Sender(self.watch, clock, lambda: self.lease.leads, self._arrived)

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Until `stop` was called."""
        async with asyncio.TaskGroup() as self._group:
            works = (self._stay_connected, self._sender.run, self._follow_files)
            tasks = [self._group.create_task(work()) for work in works]
            self._notifier.ready()
            await self._stop.wait()
            await self._sender.finish(END_SECONDS)
            for task in (*tasks, *self._answering):
                task.cancel()
        self.watch.keep()

    async def _stay_connected(self) -> None:
        await stay_connected(self._client, self._serve, self._absence.begin)

    def _client(self) -> Client:
        """No session is kept: the newest is retained, and what passed before would be judged late."""
        gone = states.summary(self.watch.engine, self._clock(), online=False)
        return Client(
            self._broker,
            client_id=f"perfwatch-alerts-{self._me}",
            will=Will(self._topics.alerts, payload=gone, qos=QoS.AT_LEAST_ONCE, retain=True),
        )

    async def _serve(self, client: Client) -> None:
        _log.info("connected to %s", self._broker)
        self.lease.begin(time.monotonic())
        self.watch.engine.begin()
        # Presence first: what a host said before it went is not judged. And by what rules is in its tags.
        topics = self._topics
        await client.subscribe(topics.status("+"), topics.tags("+"), topics.info("+"))
        await client.subscribe(*map(self._topics.alerting, ("lease", "ask")), self._topics.alerts)
        self._client_now, self._followed = client, set()
        try:
            await self._follow_metrics()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._publish(client))
                await self._follow(client, group)
        except asyncio.CancelledError:
            with suppress(BrokerError, TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._leave(client)
            raise

    async def _follow(self, client: Client, group: asyncio.TaskGroup) -> None:
        while True:
            if await client.gathered(1, self._due_in()):
                await client.rest(BURST_SECONDS)
                await client.gathered(GATHERED, GATHER_SECONDS)
            self._take(client)
            # Not before: who holds the lease may be in what has just come.
            if self.lease.is_due(time.monotonic()):
                group.create_task(self._claim(client))
            self._taken.set()
            self._sender.look()

    def _due_in(self) -> float:
        """How long nothing has to be done, if no message comes."""
        return max(0.0, min(self.watch.due_in(self._clock()), self.lease.due_in(time.monotonic())))

    async def _publish(self, client: Client) -> None:
        """Beside `_follow`: what the broker answers comes behind readings, which nobody would take."""
        while True:
            await self._taken.wait()
            self._taken.clear()
            if self.lease.leads:
                await self._publisher.publish(client)
                self._absence.end()

    async def _follow_metrics(self) -> None:
        """Those that rules look at now and did not before."""
        new = self.watch.metrics - self._followed
        if new and self._client_now is not None:
            await self._client_now.subscribe(*(self._topics.metric("+", metric) for metric in sorted(new)))
            self._followed |= new

    async def _leave(self, client: Client) -> None:
        """Another instance may take over at once."""
        if self.lease.leads:
            await self._publisher.leave(client)
            # What was told until now is not told again by who comes next.
            self.lease.renew()
            await self._claim(client)
            await client.publish(self._topics.alerting("lease"), b"", qos=1, retain=True)

    def _take(self, client: Client) -> None:
        now = self._clock()
        for message in client.waiting():
            if message.topic == self._topics.alerting("lease"):
                self._hear(message.payload)
            elif message.topic == self._topics.alerting("ask"):
                self._ask(client, message.payload)
            elif message.topic == self._topics.alerts:
                self._publisher.heard(message.payload)
            else:
                self.watch.hear(message.topic, message.payload, message.retain, now)
        self.watch.turn(now)
        if self._told_by_others is not None:
            # Not before: it may have followed from a reading that came with the word that it is told.
            self.watch.teller.forget(self._told_by_others)
            self._told_by_others = None

    def _hear(self, payload: bytes) -> None:
        led = self.lease.leads
        try:
            settled = self.lease.hear(payload, time.monotonic())
        except UNREADABLE as exc:
            _log.warning("%s carries no lease: %s", self._topics.alerting("lease"), exc)
            return
        if settled is not None:
            self._told_by_others = settled
        if self.lease.leads and not led:
            self._publisher.renew()
        elif led and not self.lease.leads:
            _log.info("another instance of the alerts publishes and tells now")

    async def _claim(self, client: Client) -> None:
        now = time.monotonic()
        if self.lease.is_due(now):
            claim = self.lease.claim(now, self.watch.teller.settled(self._clock()))
            topic = self._topics.alerting("lease")
            await client.publish(topic, claim, qos=1, retain=True, expiry=EXPIRY_SECONDS)

    def _ask(self, client: Client, payload: bytes) -> None:
        if self.lease.leads:
            task = self._group.create_task(self._answer(client, payload))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, client: Client, payload: bytes) -> None:
        """An answer that cannot be sent is waited for no more, and the question asked again."""
        if answer := await self._desk.answer(payload):
            with suppress(BrokerError):
                # What is published on the topics of settings comes before the answer.
                await self._follow_metrics()
                self.watch.turn(self._clock())
                await self._publisher.publish(client)
                encoded = msgspec.json.encode(answer)
                await client.publish(self._topics.alerting("answer"), encoded, qos=1)

    async def _follow_files(self) -> None:
        while True:
            self.watch.follow_files()
            with suppress(BrokerError):  # all of them are, with the next connection
                await self._follow_metrics()
            if self.lease.leads:
                self._absence.tell()
            self._sender.look()
            self._notifier.alive("no broker" if self._absence.lasts else "watching")
            if self._heartbeat is not None:
                self._heartbeat.beat(time.time() + 12 * FILES_SECONDS)
            await beat(FILES_SECONDS)

    async def _arrived(self) -> None:
        """Whoever leads next must not send that again."""
        self.lease.renew()
        if self._client_now is not None and self.lease.leads:
            with suppress(BrokerError):  # it is told with the next connection
                await self._claim(self._client_now)


async def serve(settings: Settings, notifier: Notifier | None = None) -> None:
    """Until cancelled, which lets it end in order. Raises StartError and OSError."""
    alerts = Alerts(settings, notifier)
    running = asyncio.ensure_future(alerts.run())
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        alerts.stop()
        await running
        raise


def run(settings: Settings, notifier: Notifier | None = None) -> None:
    """Watch readings on the broker by rules, publish where each stands, and send messages."""
    asyncio.run(until_signalled(serve(settings, notifier)))
