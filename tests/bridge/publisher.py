"""A collector's side of the wire, as far as the bridge's tests need it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from perfwatch.readings import codec
from tests.servers import Mosquitto

# Five days ago at a full hour: a bridge that runs removes what is older than its policy allows, a week, and
# takes nothing that is more than a day ahead.
START_MS = (int(time.time()) // 3600 - 5 * 24) * 3_600_000


def payload(number: int, **fields: object) -> bytes:
    """The numbered reading: one second after the one before, its number in `user`."""
    moment = codec.format_time(codec.from_ms(START_MS + number * 1000))
    return json.dumps({"timestamp": moment, "user": number, **fields}).encode()


class Publisher:
    """A paho client whose every publish is acknowledged by the broker before it returns."""

    def __init__(self, client: paho.Client) -> None:
        self._client = client

    def publish(self, topic: str, content: bytes, retain: bool = False) -> None:
        self._client.publish(topic, content, qos=1, retain=retain).wait_for_publish(60)

    def publish_and_forget(self, topic: str, content: bytes) -> None:
        """At QoS 0."""
        self._client.publish(topic, content)

    def numbered(self, numbers: range, topic: str = "perfwatch/nas/cpu") -> None:
        sent = [self._client.publish(topic, payload(number), qos=1) for number in numbers]
        for one in sent:
            one.wait_for_publish(60)


@contextmanager
def publisher(broker: Mosquitto) -> Iterator[Publisher]:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        yield Publisher(client)
    finally:
        client.disconnect()
        client.loop_stop()
