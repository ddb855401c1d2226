"""From the broker to whoever keeps what it carries, for as long as the dashboard runs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import msgspec

from dashboard.alerts.known import Alerts
from dashboard.devices.known import DevicesService
from dashboard.live.bridges import Bridges
from dashboard.live.hub import Hub
from dashboard.live.remote_config import Commands
from dashboard.live.watching import LOOK_SECONDS
from perfwatch.broker import Broker
from perfwatch.errors import BrokerError, Refused
from perfwatch.mqtt.client import Client
from perfwatch.mqtt.reconnect import stay_connected
from perfwatch.readings.codec import format_time, now
from perfwatch.tags import Tags
from perfwatch.topics import Kind, Topics

_log = logging.getLogger(__name__)

_VERSION = "$SYS/broker/version"

# How many messages are taken before pages and sockets have their turn: some two milliseconds.
_TURN = 100
# While nobody watches: a thousand hosts' messages are then taken out of the socket sixty at a time.
_REST_SECONDS = 0.05

_SAY_SKIPPED_SECONDS = 60.0
# Nobody waits for an answer any more.
_ASKED_SECONDS = 60


class Subscriber:
    """Follows every host and bridge on the broker. A broker that is away is waited for.

    `since` is when the connection was made, None while there is none.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Topics,
        hub: Hub,
        commands: Commands,
        bridges: Bridges,
        alerts: Alerts,
        devices: DevicesService,
    ) -> None:
        self.broker = broker
        self.since: str | None = None
        self.broker_version: str | None = None
        self._topics = topics
        self._hub = hub
        self._commands = commands
        self._bridges = bridges
        self._alerts = alerts
        self._devices = devices
        self._client: Client | None = None
        self._said_away = False

    @property
    def connected(self) -> bool:
        return self._client is not None

    async def run(self) -> None:
        """Stay connected until cancelled, with growing pauses between attempts."""
        await stay_connected(self._connection, self._serve, self._say_away)

    async def command(self, host: str, payload: bytes) -> None:
        """Send a command to a host's collector. Raises BrokerError when the broker does not take it."""
        if self._client is None:
            raise BrokerError(f"The broker {self.broker} is away: nothing can be sent to {host}")
        await self._client.publish(self._topics.config_set(host), payload, qos=1)

    async def watch(self, host: str) -> None:
        """Have a host's collector read each second for a while. Raises BrokerError as `command` does."""
        if self._client is None:
            raise BrokerError(f"The broker {self.broker} is away: nothing can be sent to {host}")
        await self._client.publish(self._topics.watch(host), b"", qos=1, expiry=LOOK_SECONDS)

    async def give_tags(self, host: str, tags: Tags) -> None:
        """Have the broker remember a host's tags. Raises BrokerError when it does not take them."""
        if self._client is None:
            raise BrokerError(f"The broker {self.broker} is away: no tag can be given to {host}")
        payload = msgspec.json.encode(tags) if tags else b""
        await self._client.publish(self._topics.tags(host), payload, qos=1, retain=True)
        self._hub.give_tags(host, tags)

    async def ask_alerts(self, payload: bytes) -> None:
        """Send a question to the alerts service. Raises BrokerError when the broker does not take it."""
        await self._ask(self._topics.alerting("ask"), payload)

    async def ask_devices(self, payload: bytes) -> None:
        """Send a question to the devices service. Raises BrokerError when the broker does not take it."""
        await self._ask(self._topics.devices("ask"), payload)

    async def _ask(self, topic: str, payload: bytes) -> None:
        if self._client is None:
            raise BrokerError(f"The broker {self.broker} is away: nothing can be asked")
        await self._client.publish(topic, payload, qos=1, expiry=_ASKED_SECONDS)

    def _connection(self) -> Client:
        # A live view wants the newest: beyond eight seconds of a thousand hosts, what is older is skipped.
        return Client(self.broker, receive_max=5000, newest_only=True)

    async def _serve(self, client: Client) -> None:
        await self._subscribe(client)
        self._client, self.since, self._said_away = client, format_time(now()), False
        _log.info("Following %s/# on %s", self._topics.prefix, self.broker)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(client))
                group.create_task(_say_skipped(client))
        finally:
            self._client = self.since = None

    async def _subscribe(self, client: Client) -> None:
        # A broker may keep $SYS to itself: it refuses that one, and nobody is worse off.
        with suppress(Refused):
            await client.subscribe(_VERSION, qos=0)
        # QoS 0: a reading that is lost on the way is followed by a newer one, and what the broker
        # retains comes again with the next connection. An answer to a command comes once.
        topics = self._topics
        await client.subscribe(topics.config_error("+"))
        # A broker with rules of its own may not know of these yet.
        with suppress(Refused):
            await client.subscribe(topics.alerting("answer"), topics.alerting("settings"))
        with suppress(Refused):
            await client.subscribe(topics.devices("answer"), topics.devices("status"))
        await client.subscribe(
            *(topics.readings(), topics.watched("+", "+"), topics.alert("+", "+"), topics.alerts),
            *(topics.bridge("+", "status"), topics.bridge("+", "health")),
            qos=0,
        )

    async def _follow(self, client: Client) -> None:
        while True:
            messages = await client.arrived(_TURN)
            for message in messages:
                self._take(message.topic, message.payload, live=message.retain)
            more = len(messages) == _TURN
            if more or self._hub.viewers:
                await asyncio.sleep(0)
            else:
                await client.rest(_REST_SECONDS)

    def _take(self, name: str, payload: bytes, *, live: bool) -> None:
        if topic := self._topics.parse(name):
            if topic.kind in (Kind.CONFIG, Kind.CONFIG_ERROR):
                self._commands.receive(topic, payload)
            elif topic.kind is Kind.ALERT:
                self._alerts.receive_state(topic.host, topic.path[0], payload)
            else:
                self._hub.receive(topic, payload, live=live)
        elif found := self._topics.parse_bridge(name):
            self._bridges.receive(*found, payload)
        elif name == self._topics.alerts:
            self._alerts.receive_summary(payload)
        elif word := self._topics.parse_alerting(name):
            self._alerts.receive(word, payload)
        elif word := self._topics.parse_devices(name):
            self._devices.receive(word, payload)
        elif name == _VERSION:
            self.broker_version = payload.decode(errors="replace")

    def _say_away(self, reason: BrokerError) -> None:
        if not self._said_away:
            _log.warning("The broker is away: %s. It keeps trying", reason)
        self._said_away = True


async def _say_skipped(client: Client) -> None:
    said = 0
    while True:
        await asyncio.sleep(_SAY_SKIPPED_SECONDS)
        if skipped := client.skipped - said:
            _log.warning(
                "Skipped %d messages for newer ones in the last minute: they come faster than this "
                "machine takes them. Give it less to follow, or a faster machine",
                skipped,
            )
        said = client.skipped


async def admits(broker: Broker) -> bool:
    """Whether the broker lets that account in."""
    try:
        async with Client(broker):
            return True
    except BrokerError:
        return False
