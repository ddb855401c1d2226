"""paho's client as it is used here, and one message sent by it. Only this and the publisher know paho."""

from __future__ import annotations

import queue
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from itertools import chain
from typing import Any, Literal

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collector.delivery.mqtt_reasons import explain
from perfwatch.broker import Broker
from perfwatch.errors import BrokerError, SettingError
from perfwatch.mqtt.limits import Limits
from perfwatch.settings import variable

# Headers, the message's id and its expiry, at their longest, beside topic and payload.
_PACKET_BYTES = 16
# So long it waits for something to do before it looks at the keep-alive: longer than from tick to tick.
_TURN_SECONDS = 7.0
_UNSPECIFIED, _TOO_LARGE, _QUOTA = 0x80, 0x95, 0x97


class Client(mqtt.Client):
    """Takes every PUBACK, and wakes its thread no more often than there is something to do.

    Mosquitto refuses a payload over its message_size_limit for a reason that MQTT 5 has for no PUBACK, so
    paho would break the connection: it becomes Quota exceeded.
    """

    def serve(self) -> None:
        """Read and write until the connection ends, in the caller's thread."""
        # paho makes them for a thread of its own alone: by them a publish in another thread wakes this one.
        self._sockpairR, self._sockpairW = socket.socketpair()
        self._sockpairR.setblocking(False)
        self._sockpairW.setblocking(False)
        self.loop_forever(_TURN_SECONDS)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is published meanwhile wakes the connection's thread once, after it."""
        waker, self._sockpairW = self._sockpairW, None
        try:
            yield
        finally:
            self._sockpairW = waker
            if waker is not None:
                with suppress(OSError):  # full of what wakes it, or closed with the connection
                    waker.send(b"0")

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        """An id, and a reason if it is not success. Nobody needs the properties that may follow."""
        packet = self._in_packet["packet"]
        if len(packet) < 2:
            return super()._handle_pubackcomp(cmd)
        message, reason = int.from_bytes(packet[:2]), packet[2] if len(packet) > 2 else 0
        with self._out_message_mutex:
            if message in self._out_messages:
                return self._do_on_publish(message, *_puback(reason))
        return MQTTErrorCode.MQTT_ERR_SUCCESS


@cache
def _puback(reason: int) -> tuple[ReasonCode, Properties]:
    """The same objects for each message: to make them takes longer than all else that paho does with one."""
    if PacketTypes.PUBACK not in chain.from_iterable(ReasonCode.names.get(reason, {}).values()):
        reason = _QUOTA if reason == _TOO_LARGE else _UNSPECIFIED
    known = ReasonCode(PacketTypes.PUBACK, identifier=reason)
    return known, Properties(PacketTypes.PUBACK)  # type: ignore[no-untyped-call]


class Expiring(Properties):
    """Those of a message that expires, packed once: paho would look for each of 27 in each message."""

    def __init__(self, seconds: float) -> None:
        super().__init__(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        self.MessageExpiryInterval = round(seconds)
        self.__dict__["packed"] = super().pack()  # type: ignore[no-untyped-call]

    def pack(self) -> bytes:
        packed: bytes = self.__dict__["packed"]
        return packed


def limits_of(properties: Properties | None) -> Limits:
    """What the broker says in its CONNACK that it takes."""
    told = properties.json() if properties is not None else {}  # type: ignore[no-untyped-call]
    return Limits(
        told.get("ReceiveMaximum", 65535),
        told.get("MaximumPacketSize"),
        told.get("MaximumQoS", 2),
        bool(told.get("RetainAvailable", 1)),
    )


def packet_size(topic: str, payload: bytes) -> int:
    """Bytes of a PUBLISH, at most."""
    return _PACKET_BYTES + len(topic.encode()) + len(payload)


def new_client(broker: Broker, name: str, context: ssl.SSLContext | None) -> Client:
    """A client of `broker` with that client id, not connected. Other threads than its own may publish."""
    client = Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5, reconnect_on_failure=False)
    # Without it, paho writes to the socket in whichever thread publishes.
    client.on_socket_register_write = _on_socket_register_write
    client.username = broker.username
    client.password = broker.password
    client.on_socket_open = _on_socket_open
    if context is not None:
        client.tls_set_context(context)
    return client


def publish_once(broker: Broker, name: str, messages: Mapping[str, bytes], timeout: float = 10.0) -> None:
    """Publish retained messages, by topic, and wait for the broker's word on each. Raises BrokerError."""
    with _connected(broker, name, timeout) as (client, answer):
        client.on_publish = lambda _client, _userdata, _mid, reason, _properties: answer.put(reason)
        for topic, payload in messages.items():
            client.publish(topic, payload, qos=1, retain=True)
            _expect(broker, f"what is published to {topic}", answer.get(timeout=timeout))


def retained(broker: Broker, name: str, topic: str, timeout: float = 10.0) -> bytes | None:
    """What is retained there; None when nothing is, or when we may not read it. Raises BrokerError."""
    found: list[bytes] = []
    with _connected(broker, name, timeout) as (client, answer):
        client.on_message = lambda _client, _userdata, message: found.append(bytes(message.payload))
        client.on_unsubscribe = lambda _client, _userdata, _mid, _reasons, _properties: answer.put(None)
        client.subscribe(topic)
        client.unsubscribe(topic)  # which is answered after what is retained has come
        answer.get(timeout=timeout)
    return found[0] if found else None


@contextmanager
def _connected(
    broker: Broker, name: str, timeout: float
) -> Iterator[tuple[Client, queue.SimpleQueue[ReasonCode | None]]]:
    """A client, and a queue for the broker's answers to it."""
    client, answers = new_client(broker, name, tls_context(broker)), queue.SimpleQueue[ReasonCode | None]()
    client.on_connect = lambda _client, _userdata, _flags, reason, _properties: answers.put(reason)
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        _expect(broker, "us", answers.get(timeout=timeout))
        yield client, answers
    except OSError as exc:
        raise BrokerError(f"Cannot reach {broker} ({exc})") from exc
    except queue.Empty:
        raise BrokerError(f"{broker} does not answer within {timeout:.0f} s") from None
    finally:
        client.disconnect()
        client.loop_stop()


def _expect(broker: Broker, what: str, reason: ReasonCode | None) -> None:
    if reason is not None and reason.is_failure:
        raise BrokerError(f"{broker} refuses {what}: {explain(reason)}")


def _on_socket_register_write(_client: mqtt.Client, _userdata: Any, _socket: Any) -> None:
    """Nothing to do: a publish also wakes the loop."""


def _on_socket_open(_client: mqtt.Client, _userdata: Any, opened: Any) -> None:
    # paho leaves Nagle's algorithm on, which holds the second small packet until the first is
    # acknowledged: 40 ms.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def tls_context(broker: Broker) -> ssl.SSLContext | None:
    """What `broker` must show to be trusted; None without TLS. Raises SettingError for a bad CA file."""
    if not broker.tls:
        return None
    try:
        return ssl.create_default_context(cafile=broker.ca_file)
    except (ssl.SSLError, OSError) as exc:
        expected = f"must hold CA certificates ({exc})"
        raise SettingError(variable("broker_ca_file"), expected, broker.ca_file) from exc
