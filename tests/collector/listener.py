"""A subscriber to everything, for tests of what goes over the broker."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, NamedTuple, Self

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.servers import wait_until


class Heard(NamedTuple):
    topic: str
    payload: bytes
    qos: int
    retained: bool
    expiry: int | None


class Listener:
    """`with Listener(port) as listener: … listener.heard`. Subscribed before the block begins.

    `retained` is then as the publisher set it, unless the message was there before.
    """

    def __init__(self, port: int, account: str = "", password: str = "") -> None:
        self.heard: list[Heard] = []
        self._port = port
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        if account:
            self._client.username_pw_set(account, password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def topic(self, topic: str) -> list[bytes]:
        """What was heard on that topic, oldest first."""
        return [message.payload for message in self.heard if message.topic == topic]

    def wait_for(self, topic: str, payload: bytes) -> None:
        wait_until(lambda: payload in self.topic(topic), f"{payload!r} on {topic}")

    def catch_up(self) -> None:
        """Return when all that the broker has sent until now is heard: its answer to this comes after it."""
        self._subscribed.clear()
        self._client.subscribe("nothing/comes/here")
        assert self._subscribed.wait(60), "the broker answers"

    def __enter__(self) -> Self:
        self._client.connect_async("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._subscribed.wait(60), "the listener is subscribed"
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe("#", options=SubscribeOptions(qos=1, retainAsPublished=True))

    def _on_subscribe(
        self, _client: mqtt.Client, _userdata: Any, _mid: int, _codes: list[ReasonCode], _more: Any
    ) -> None:
        self._subscribed.set()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        self.heard.append(Heard(message.topic, bytes(message.payload), message.qos, message.retain, expiry))


def retained(port: int, topic: str) -> bytes | None:
    """What the broker keeps on that topic, as a subscriber that comes now gets it."""
    with Listener(port) as listener:
        # Retained messages are sent with the subscription; ours comes after them.
        listener._client.publish("marker", b"here", qos=1)
        listener.wait_for("marker", b"here")
        kept = listener.topic(topic)
    return kept[0] if kept else None
