"""Whether the broker takes us, and takes what we publish: tried once, beside a collector that may run."""

from __future__ import annotations

import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from collector.delivery.mqtt_reasons import advice
from perfwatch.broker import Broker
from perfwatch.checks import Check
from perfwatch.settings import option, variable
from perfwatch.topics import Topics

SECONDS = 5.0

_LOOP_SECONDS = 0.1


def reach(broker: Broker, topics: Topics, host: str, seconds: float = SECONDS) -> Iterator[Check]:
    """Connect with the collector's account, then publish below its host, each within `seconds`.

    What is published is one number that is not retained, on a topic that nobody keeps.
    """
    try:
        if broker.tls:
            _shake_hands(broker, seconds)
        probe = _Probe(broker, host, seconds)
    except OSError as exc:
        yield _unreachable(broker, exc)
        return
    try:
        refused = probe.connect()
        if refused is not None:
            yield refused
            return
        who = f"as {broker.username}" if broker.username else "without an account"
        yield Check("broker", "connection", "ok", f"{broker} takes us {who}")
        yield probe.publish(topics.scalar(host, "doctor", ("check",)), f"{topics.prefix}/{host}/#")
    finally:
        probe.close()


class _Probe:
    """One connection, driven by its caller: no thread, no retry. Raises OSError when nobody answers."""

    def __init__(self, broker: Broker, host: str, seconds: float) -> None:
        self._broker = broker
        self._seconds = seconds
        self._answer: ReasonCode | None = None
        self._taken: ReasonCode | None = None
        self._gone = False
        # A name of its own: with the collector's, the broker would throw out the one that runs.
        name = f"perfwatch-doctor-{host}-{secrets.token_hex(4)}"
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
        self._client.username, self._client.password = broker.username, broker.password
        self._client.connect_timeout = seconds
        if broker.tls:
            self._client.tls_set(ca_certs=broker.ca_file)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.connect(broker.host, broker.port)

    def connect(self) -> Check | None:
        """None when the broker takes us, or why it does not."""
        self._until(lambda: self._answer is not None)
        if self._answer is None:
            return _silent(self._broker, self._gone, self._seconds)
        if self._answer.is_failure:
            found = f"{self._broker} refuses us: {self._answer}"
            return Check("broker", "connection", "failed", found, advice(self._answer))
        return None

    def publish(self, topic: str, allowed: str) -> Check:
        self._client.publish(topic, b"1", qos=1)
        self._until(lambda: self._taken is not None)
        if self._taken is not None and not self._taken.is_failure:
            return Check("broker", "permission", "ok", f"may publish {allowed}")
        why = self._taken or ("hung up" if self._gone else f"no answer within {self._seconds:.0f} s")
        todo = f"the broker's access list must let this user write {allowed}"
        return Check("broker", "permission", "failed", f"may not publish {allowed}: {why}", todo)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop(_LOOP_SECONDS)  # sends the word of leaving

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self._seconds
        while not done() and not self._gone and time.monotonic() < deadline:
            self._client.loop(_LOOP_SECONDS)

    def _on_connect(self, _client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _more: Any) -> None:
        self._answer = reason

    def _on_disconnect(self, *_: Any) -> None:
        self._gone = True

    def _on_publish(self, _client: mqtt.Client, _userdata: Any, _mid: int, reason: Any, _more: Any) -> None:
        self._taken = reason


def _shake_hands(broker: Broker, seconds: float) -> None:
    """Try TLS before paho does, which leaves the socket open when that fails. Raises OSError."""
    context = ssl.create_default_context(cafile=broker.ca_file)
    with (
        socket.create_connection((broker.host, broker.port), seconds) as opened,
        context.wrap_socket(opened, server_hostname=broker.host),
    ):
        pass


def _unreachable(broker: Broker, error: OSError) -> Check:
    return Check(
        "broker", "connection", "failed", f"{broker} cannot be reached: {error}", _advice(error, broker.tls)
    )


def _advice(error: OSError, tls: bool) -> str:
    url = variable("broker")
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"trust its certificate by {variable('broker_ca_file')}, and use the name that it is made for"
    if isinstance(error, ssl.SSLError) or (tls and isinstance(error, ConnectionResetError)):
        return (
            f"this port does not speak TLS as it should: write mqtt:// in {url}, or use the TLS port (8883)"
        )
    if isinstance(error, socket.gaierror):
        return f"nobody knows this name: check it in {url}, or use the address"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens there: start the broker, or check the port in {url}"
    return f"check the address in {url}, the network, and firewalls between here and there"


def _silent(broker: Broker, gone: bool, seconds: float) -> Check:
    how = "hung up" if gone else f"said nothing for {seconds:g} s"
    todo = "is it an MQTT 5 broker, and this its port?"
    if not broker.tls:
        todo += f" If the port is for TLS, write mqtts:// ({option('broker')})"
    return Check("broker", "connection", "failed", f"{broker} {how} before a word of MQTT", todo)
