"""The alerts: follows readings on the broker, publishes the states of rules, sends messages."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec

from alerts import discovery, states
from alerts.channels import send
from alerts.desk import Desk
from alerts.memory import instance
from alerts.telling import Message
from alerts.watch import Watch
from perfwatch.broker import broker_of
from perfwatch.errors import BrokerError, ChannelError, Refused
from perfwatch.heartbeat import Heartbeat
from perfwatch.mqtt.client import Client, QoS, Will
from perfwatch.mqtt.lease import EXPIRY_SECONDS, Lease
from perfwatch.mqtt.reconnect import stay_connected
from perfwatch.readings.codec import UNREADABLE
from perfwatch.settings import Settings
from perfwatch.systemd_notify import Notifier
from perfwatch.topics import Topics

# A reading waits that long for others: waking up for each of them is what would cost most.
GATHER_SECONDS = 1.0
GATHERED = 1000
# A broker that is away for less is not worth a message.
LOST_SECONDS = 60.0
FILES_SECONDS = 5.0
# How long a message that is being sent when we are to end may take.
END_SECONDS = 5.0
_AT_ONCE = 100

_log = logging.getLogger(__name__)


class Alerts:
    """Runs until `stop`; a broker or channel that is away is waited for. `clock` is in s since 1970."""

    def __init__(
        self, settings: Settings, notifier: Notifier | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """Raises StartError when rules or state cannot be read, OSError when nothing can be written."""
        self._broker = broker_of(settings)
        self._topics = Topics(settings.topic_prefix)
        self._discovery = settings.homeassistant_prefix if settings.homeassistant else ""
        self._notifier = notifier or Notifier(None)
        self._heartbeat = Heartbeat(Path(settings.heartbeat_file)) if settings.heartbeat_file else None
        self._clock = clock
        self._stop = asyncio.Event()
        self._lost_since: float | None = None
        self._lost_told = False
        self._announced: dict[str, int] = {}  # hashes: the messages of a thousand hosts have 4 MB
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._settings, self._summed = b"", False
        self.watch = Watch(self._topics, settings.data_path, settings.alerts_every, clock())
        self._desk = Desk(self.watch, clock)
        self._me = instance(settings.data_path / "alerts" / "instance")
        self.lease = Lease(self._me)

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Until `stop` was called."""
        async with asyncio.TaskGroup() as group:
            works = (self._stay_connected, self._send_due, self._follow_files)
            tasks = [group.create_task(work()) for work in works]
            self._notifier.ready()
            await self._stop.wait()
            if self._sending:
                # What has arrived must be known to have: it would be sent again after the next start.
                await asyncio.wait(self._sending.values(), timeout=END_SECONDS)
            for task in tasks:
                task.cancel()
        self.watch.keep()

    async def _stay_connected(self) -> None:
        await stay_connected(self._client, self._with_publisher, self._lose)

    def _client(self) -> Client:
        """No session is kept: the newest is retained, and what passed before would be judged late."""
        gone = states.summary(self.watch.engine, self._clock(), online=False)
        return Client(
            self._broker,
            client_id=f"perfwatch-alerts-{self._me}",
            will=Will(self._topics.alerts, payload=gone, qos=QoS.AT_LEAST_ONCE, retain=True),
        )

    async def _with_publisher(self, client: Client) -> None:
        """Publish over a connection of its own: the other is not read while it has brought too much."""
        async with Client(self._broker, client_id=f"perfwatch-alerts-{self._me}-out") as publisher:
            await self._serve(client, publisher)

    async def _serve(self, client: Client, publisher: Client) -> None:
        _log.info("connected to %s", self._broker)
        self.lease.begin(time.monotonic())
        followed: set[str] = set()
        # Presence first: what a host said before it went is not judged. And by what rules is in its tags.
        topics = self._topics
        await client.subscribe(topics.status("+"), topics.tags("+"), topics.info("+"))
        await client.subscribe(*map(self._topics.alerting, ("lease", "ask")), self._topics.alerts)
        try:
            while True:
                if new := self.watch.metrics - followed:
                    await client.subscribe(*(self._topics.metric("+", metric) for metric in sorted(new)))
                    followed |= new
                await client.gathered(GATHERED, GATHER_SECONDS)
                self._take(client, publisher)
                await self._claim(publisher)
                if self.lease.leads:
                    await self._publish(publisher)
                    self._found()
        except asyncio.CancelledError:
            with suppress(BrokerError):
                await self._leave(publisher)
            raise

    async def _leave(self, client: Client) -> None:
        """Another instance may take over at once."""
        if self.lease.leads:
            gone = states.summary(self.watch.engine, self._clock(), online=False)
            await client.publish(self._topics.alerts, gone, qos=1, retain=True)
            # What was told until now is not told again by who comes next.
            self.lease.renew()
            await self._claim(client)
            await client.publish(self._topics.alerting("lease"), b"", qos=1, retain=True)

    def _take(self, client: Client, publisher: Client) -> None:
        now = self._clock()
        for message in client.waiting():
            if message.topic == self._topics.alerting("lease"):
                self._hear(message.payload)
            elif message.topic == self._topics.alerting("ask"):
                self._ask(publisher, message.payload)
            elif message.topic == self._topics.alerts:
                # The will of an instance that does not lead says so too.
                self._summed &= b'"online":true' in message.payload
            else:
                self.watch.take(message.topic, message.payload, message.retain, now)
        self.watch.turn(now)

    def _hear(self, payload: bytes) -> None:
        led = self.lease.leads
        try:
            settled = self.lease.hear(payload, time.monotonic())
        except UNREADABLE as exc:
            _log.warning("%s carries no lease: %s", self._topics.alerting("lease"), exc)
            return
        if settled is not None:
            self.watch.teller.forget(settled)
        if self.lease.leads and not led:
            self._announced.clear()
            self._settings, self._summed = b"", False
            self.watch.changed.update(self.watch.engine.standings())
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
            task = asyncio.create_task(self._answer(client, payload))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, client: Client, payload: bytes) -> None:
        """An answer that cannot be sent is waited for no more, and the question asked again."""
        if answer := await self._desk.answer(payload):
            with suppress(BrokerError):
                # What is published on the topics of settings comes before the answer.
                await self._publish_settings(client)
                encoded = msgspec.json.encode(answer)
                await client.publish(self._topics.alerting("answer"), encoded, qos=1)

    async def _publish_settings(self, client: Client) -> None:
        settings = msgspec.json.encode(self._desk.settings())
        if settings != self._settings:
            await client.publish(self._topics.alerting("settings"), settings, qos=1, retain=True)
            self._settings = settings

    async def _publish(self, client: Client) -> None:
        """What changed, once it is on disk. It is tried again with the next connection if this one breaks."""
        await self._publish_settings(client)
        changed, now = sorted(self.watch.changed), self._clock()
        if not changed and self._summed:
            return
        engine = self.watch.engine
        await self._retain(
            client,
            (
                (self._topics.alert(host, rule), states.state(engine, host, rule, now))
                for host, rule in changed
            ),
        )
        self._summed = True
        await self._retain(client, [(self._topics.alerts, states.summary(engine, now))])
        if self._discovery:
            await self._announce(client, {host for host, _ in changed})
        self.watch.changed.difference_update(changed)

    async def _announce(self, client: Client, hosts: Iterable[str]) -> None:
        """Tell Home Assistant of those whose rules are others than before."""
        for host in sorted(hosts):
            rules, known = self.watch.engine.rules.rules, self.watch.engine.memory.hosts.get(host)
            told = discovery.message(
                self._topics, host, {name: rules[name] for name in (known.tracks if known else ())}
            )
            if hash(told) != self._announced.get(host):
                await self._retain(client, [(discovery.topic(host, self._discovery), told)])
                self._announced[host] = hash(told)

    async def _retain(self, client: Client, messages: Iterable[tuple[str, bytes]]) -> None:
        """Makes each when its turn comes: at a start there are ten for each host."""
        left = iter(messages)
        while now := list(islice(left, _AT_ONCE)):
            await asyncio.gather(*(self._retain_one(client, *one) for one in now))

    async def _retain_one(self, client: Client, topic: str, payload: bytes) -> None:
        try:
            await client.publish(topic, payload, qos=1, retain=True)
        except Refused as exc:
            _log.warning("%s", exc)

    def _lose(self, error: BrokerError) -> None:
        if self._lost_since is None:
            self._lost_since, self._lost_told = self._clock(), False
            _log.warning("lost the broker, and keeps trying: %s", error)

    def _found(self) -> None:
        if self._lost_since is not None and self._lost_told:
            self.watch.teller.notice("The broker is back", self._lost_since, self._clock())
        self._lost_since = None

    def _tell_lost(self, now: float) -> None:
        """Say it once: of all hosts nothing is known meanwhile."""
        lost = self._lost_since if self.lease.leads else None
        if lost is not None and not self._lost_told and now - lost > LOST_SECONDS:
            self._lost_told = True
            told = f"{self._broker} is away: nothing is known of any host until it is back"
            self.watch.teller.notice(told, lost, now)
            self.watch.keep_told()

    async def _follow_files(self) -> None:
        while True:
            self.watch.follow_files()
            self._tell_lost(self._clock())
            self._notifier.alive("no broker" if self._lost_since else "watching")
            if self._heartbeat is not None:
                self._heartbeat.beat(time.time() + 12 * FILES_SECONDS)
            await asyncio.sleep(FILES_SECONDS)

    async def _send_due(self) -> None:
        async with asyncio.TaskGroup() as sending:
            while not self._stop.is_set():
                for name, message in list(self.watch.teller.due(self._clock())) if self.lease.leads else ():
                    if name not in self._sending:
                        self._sending[name] = sending.create_task(self._send(name, message))
                await asyncio.sleep(GATHER_SECONDS)

    async def _send(self, name: str, message: Message) -> None:
        try:
            await send(self.watch.channels[name], message)
        except ChannelError as exc:
            wait = self.watch.teller.failed(name, self._clock())
            _log.warning("channel %s: %s; trying again in %.0f s", name, exc, wait)
        else:
            self.watch.teller.sent(name, message, self._clock())
            self.lease.renew()
        finally:
            del self._sending[name]
        self.watch.keep_told()


def run(settings: Settings, notifier: Notifier | None = None) -> None:
    """Watch readings on the broker by rules, publish where each stands, and send messages."""
    asyncio.run(_until_signal(Alerts(settings, notifier)))


async def _until_signal(alerts: Alerts) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, alerts.stop)
    await alerts.run()
