"""From the broker to the hub, for as long as the dashboard runs."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl

import aiomqtt
from paho.mqtt.subscribeoptions import SubscribeOptions

from dashboard.hub import Hub
from perfwatch.settings import Broker
from perfwatch.topics import Topics

_log = logging.getLogger(__name__)

_FIRST_RETRY, _LONGEST_RETRY = 0.5, 30.0


class Subscriber:
    """Follows every host on the broker. A broker that is away is waited for."""

    def __init__(self, broker: Broker, topics: Topics, hub: Hub) -> None:
        self.broker = broker
        self.connected = False
        self._topics = topics
        self._hub = hub
        self._said_away = False

    async def run(self) -> None:
        """Stay connected until cancelled, with growing pauses between attempts."""
        delay = _FIRST_RETRY
        while True:
            try:
                async with self._client() as client:
                    await self._subscribe(client)
                    delay = _FIRST_RETRY
                    await self._follow(client)
            except aiomqtt.MqttError as exc:
                self._say_away(exc)
            finally:
                self.connected = False
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, _LONGEST_RETRY)

    async def _follow(self, client: aiomqtt.Client) -> None:
        self.connected, self._said_away = True, False
        _log.info("Following %s/# on %s", self._topics.prefix, self.broker)
        async for message in client.messages:
            topic = self._topics.parse(message.topic.value)
            if topic is not None and isinstance(message.payload, bytes):
                self._hub.receive(topic, message.payload, live=bool(message.retain))

    def _say_away(self, reason: aiomqtt.MqttError) -> None:
        if not self._said_away:
            _log.warning("Broker %s is away: %s. Trying again until it is back", self.broker, reason)
        self._said_away = True

    def _client(self) -> aiomqtt.Client:
        broker = self.broker
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

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        # The retain flag as it was published tells the newest reading from a replayed one. QoS 0: a
        # reading that is lost on the way is followed by a newer one.
        options = SubscribeOptions(qos=0, retainAsPublished=True)
        await client.subscribe(f"{self._topics.prefix}/+/+", options=options)
