"""From the broker to whoever keeps what it carries, for as long as the dashboard runs."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl

import aiomqtt
from paho.mqtt.subscribeoptions import SubscribeOptions

from dashboard.live.bridges import Bridges
from dashboard.live.hub import Hub
from dashboard.live.remote_config import Commands
from perfwatch.broker import Broker
from perfwatch.errors import BrokerError
from perfwatch.readings.codec import format_time, now
from perfwatch.topics import Kind, Topics

_log = logging.getLogger(__name__)

_FIRST_RETRY, _LONGEST_RETRY = 0.5, 30.0
_VERSION = "$SYS/broker/version"


class Subscriber:
    """Follows every host and bridge on the broker. A broker that is away is waited for.

    `since` is when the connection was made, None while there is none.
    """

    def __init__(
        self, broker: Broker, topics: Topics, hub: Hub, commands: Commands, bridges: Bridges
    ) -> None:
        self.broker = broker
        self.since: str | None = None
        self.broker_version: str | None = None
        self._topics = topics
        self._hub = hub
        self._commands = commands
        self._bridges = bridges
        self._client: aiomqtt.Client | None = None
        self._said_away = False

    @property
    def connected(self) -> bool:
        return self._client is not None

    async def run(self) -> None:
        """Stay connected until cancelled, with growing pauses between attempts."""
        delay = _FIRST_RETRY
        while True:
            try:
                async with connection(self.broker) as client:
                    await self._subscribe(client)
                    delay = _FIRST_RETRY
                    await self._follow(client)
            except aiomqtt.MqttError as exc:
                self._say_away(exc)
            finally:
                self._client = self.since = None
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, _LONGEST_RETRY)

    async def command(self, host: str, payload: bytes) -> None:
        """Send a command to a host's collector. Raises BrokerError when the broker is away."""
        if self._client is None:
            raise BrokerError(f"The broker {self.broker} is away: nothing can be sent to {host}")
        try:
            await self._client.publish(self._topics.config_set(host), payload, qos=1)
        except aiomqtt.MqttError as exc:
            raise BrokerError(f"The broker {self.broker} did not take the command to {host}: {exc}") from exc

    async def _follow(self, client: aiomqtt.Client) -> None:
        self._client, self.since, self._said_away = client, format_time(now()), False
        _log.info("Following %s/# on %s", self._topics.prefix, self.broker)
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                self._take(message.topic.value, message.payload, live=bool(message.retain))

    def _take(self, name: str, payload: bytes, *, live: bool) -> None:
        if topic := self._topics.parse(name):
            if topic.kind in (Kind.CONFIG, Kind.CONFIG_ERROR):
                self._commands.receive(topic, payload)
            else:
                self._hub.receive(topic, payload, live=live)
        elif found := self._topics.parse_bridge(name):
            self._bridges.receive(*found, payload)
        elif name == _VERSION:
            self.broker_version = payload.decode(errors="replace")

    def _say_away(self, reason: aiomqtt.MqttError) -> None:
        if not self._said_away:
            _log.warning("Broker %s is away: %s. Trying again until it is back", self.broker, reason)
        self._said_away = True

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        # The retain flag as it was published tells the newest reading from a replayed one. QoS 0: a
        # reading that is lost on the way is followed by a newer one.
        options = SubscribeOptions(qos=0, retainAsPublished=True)
        topics = self._topics
        filters = (topics.readings(), topics.bridge("+", "status"), topics.bridge("+", "health"))
        # A broker may keep $SYS to itself: it refuses that one, and nobody is worse off.
        await client.subscribe([(name, options) for name in (*filters, _VERSION)])
        # An answer to a command comes once.
        await client.subscribe(topics.config_error("+"), qos=1)


def connection(broker: Broker) -> aiomqtt.Client:
    """A client that connects when it is entered."""
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=True,
        timeout=5,
        keepalive=15,
        # A live view wants the newest: what does not fit is dropped.
        max_queued_incoming_messages=10_000,
        tls_context=ssl.create_default_context(cafile=broker.ca_file) if broker.tls else None,
    )


async def admits(broker: Broker) -> bool:
    """Whether the broker lets that account in."""
    try:
        async with connection(broker):
            return True
    except aiomqtt.MqttError:
        return False
