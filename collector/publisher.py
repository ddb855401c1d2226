"""Readings → the broker. The only module that knows paho."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import ssl
import sys
import threading
import time
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collector.backlog import Backlog
from collector.reasons import explain
from perfwatch.errors import SettingError
from perfwatch.settings import Broker, variable
from perfwatch.topics import Topics

log = logging.getLogger(__name__)

# Expiry also discards what the broker queues for a bridge that is away, so it must outlast the
# bridge's session (7 days), not the interval.
EXPIRY_SECONDS = 7 * 86400
KEEP_ALIVE_SECONDS = 30
# Each try is delayed by up to JITTER more, so that the hosts do not all meet a broker that has just
# started in the same instant: 1 to 30 s in all.
RETRY_SECONDS = (1, 29)
JITTER_SECONDS = 1.0
# paho sends all that it holds again at once when it reconnects, whatever the broker's receive
# maximum, and keeps any number; so it is given only this many at a time. paho's own limit is 20.
WINDOW = 16

# Two collectors of one name throw each other out as fast as they reconnect, which is in this time.
TAKEN_OVER_SECONDS = RETRY_SECONDS[0] + 2 * JITTER_SECONDS


class Publisher:
    """One host's connection to its broker, which may come and go: `start`, `publish` …, `stop`.

    The broker is told `online` and the host's facts at every connection, and says `offline` for us
    when we vanish. Raises SettingError when the CA file cannot be used.
    """

    def __init__(self, broker: Broker, topics: Topics, host: str, backlog: Backlog | None = None) -> None:
        self._broker = broker
        self._topics = topics
        self._host = host
        self._backlog = Backlog() if backlog is None else backlog
        self._properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        self._properties.MessageExpiryInterval = EXPIRY_SECONDS
        self._info = b""
        self._window = WINDOW
        self._in_flight = 0
        self._counting = threading.Lock()  # never held while paho is called: paho calls us with its own
        self._sending = threading.Lock()
        self._announcing: dict[int, tuple[str, bytes]] = {}
        self._flowing = False
        self._connected = False
        self._connected_at = 0.0
        self._tried = False
        self._said: set[str] = set()
        self._stopping = threading.Event()
        self._gone = threading.Event()
        self._gone.set()
        self._client = self._make_client()

    def start(self) -> None:
        """Begin to connect, and keep at it: returns at once, whether or not the broker is there."""
        self._client.connect_async(self._broker.host, self._broker.port, KEEP_ALIVE_SECONDS)
        self._client.loop_start()

    def publish(self, metric: str, payload: bytes) -> None:
        """Send a reading when the broker can take it: QoS 1, retained, in the order of the calls."""
        if self._backlog.add(self._topics.metric(self._host, metric), payload):
            log.warning("Too many readings wait for %s: the oldest are dropped", self._broker)
        self._pump()

    def describe(self, info: bytes) -> None:
        """Publish the host's facts, now and at every connection to come."""
        self._info = info
        if self._connected:
            self._send(self._topics.info(self._host), info)

    def stop(self, timeout: float = 2.0) -> None:
        """Say `offline` and leave, within `timeout` seconds, whatever the broker does."""
        deadline = time.monotonic() + timeout
        self._stopping.set()
        if self._connected:
            farewell = self._send(self._topics.status(self._host), b"offline")
            # It fails when the connection breaks just now; then the will says the same.
            with contextlib.suppress(RuntimeError):
                farewell.wait_for_publish(timeout)
        self._client.disconnect()
        # Not loop_stop: it waits without limit. The thread ends by itself once the socket is closed.
        self._gone.wait(max(0.0, deadline - time.monotonic()))
        if len(self._backlog):
            log.warning("Stopped before %d readings could be sent", len(self._backlog))

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, f"perfwatch-collector-{self._host}", protocol=mqtt.MQTTv5
        )
        client.username = self._broker.username
        client.password = self._broker.password
        client.will_set(self._topics.status(self._host), b"offline", qos=1, retain=True)
        client.reconnect_delay_set(*RETRY_SECONDS)
        if self._broker.tls:
            _use_tls(client, self._broker.ca_file)
        client.on_pre_connect = self._on_pre_connect
        client.on_socket_open = _on_socket_open
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    def _send(self, topic: str, payload: bytes, properties: Properties | None = None) -> mqtt.MQTTMessageInfo:
        with self._counting:
            self._in_flight += 1
        return self._client.publish(topic, payload, qos=1, retain=True, properties=properties)

    def _pump(self) -> None:
        """Hand paho what waits, as far as the window allows.

        Both threads come here. One at a time keeps the order; the other need not wait, for whoever
        is at it looks again before leaving.
        """
        while self._ready() and self._sending.acquire(blocking=False):
            try:
                while self._ready() and (oldest := self._backlog.take()):
                    self._send(oldest.topic, oldest.payload, self._properties)
            finally:
                self._sending.release()

    def _ready(self) -> bool:
        going = self._flowing and not self._stopping.is_set()
        return going and self._in_flight < self._window and len(self._backlog) > 0

    def _announce(self, topic: str, payload: bytes) -> None:
        # paho itself sends again what an earlier connection left without acknowledgement.
        if (topic, payload) not in self._announcing.values():
            self._announcing[self._send(topic, payload).mid] = (topic, payload)

    def _say(self, trouble: str, text: str, *values: object) -> None:
        """Log it, once for each trouble until the broker is back."""
        if trouble not in self._said and not self._stopping.is_set():
            self._said.add(trouble)
            log.warning(text, *values)

    def _on_pre_connect(self, _client: mqtt.Client, _userdata: Any) -> None:
        if self._tried:
            self._stopping.wait(random.uniform(0, JITTER_SECONDS))
        self._tried = True

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._say(f"refused: {reason}", "%s refuses us: %s", self._broker, explain(reason))
            return
        if self._stopping.is_set():
            client.disconnect()
            return
        self._window = max(1, min(WINDOW, getattr(properties, "ReceiveMaximum", 65535) - 2))
        self._gone.clear()
        self._connected = True
        self._connected_at = time.monotonic()
        self._say_back()
        self._announce(self._topics.status(self._host), b"online")
        if self._info:
            self._announce(self._topics.info(self._host), self._info)

    def _say_back(self) -> None:
        waiting, dropped = len(self._backlog), self._backlog.forget_dropped()
        if self._said:
            log.info("Connected to %s again: %d readings waited, %d dropped", self._broker, waiting, dropped)
        else:
            log.info("Connected to %s", self._broker)
        self._said.clear()

    def _on_connect_fail(self, _client: mqtt.Client, _userdata: Any) -> None:
        why = str(sys.exception())  # paho calls this inside its `except`, and passes no reason
        self._say("away", "Cannot reach %s (%s): trying until it answers", self._broker, why)

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._connected:
            why = explain(reason) if flags.is_disconnect_packet_from_server else self._break()
            self._say("away", "Lost %s (%s): trying until it is back", self._broker, why)
        elif not self._said:
            self._say("away", "%s hung up before it said a word of MQTT: trying again", self._broker)
        self._flowing = False
        self._connected = False
        self._gone.set()

    def _break(self) -> str:
        # Mosquitto 2.0 hangs up on a client whose id is taken over without a word.
        if time.monotonic() - self._connected_at < TAKEN_OVER_SECONDS:
            return f"it broke at once: does another collector have the host id {self._host}?"
        return "the connection broke"

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._counting:
            self._in_flight -= 1
        self._announcing.pop(mid, None)
        if reason.is_failure:
            self._say(
                f"publish: {reason}",
                "%s does not take what we publish (%s): its access list must let this user write %s",
                self._broker,
                reason,
                f"{self._topics.prefix}/{self._host}/#",
            )
        # Only now: paho sends again what was in flight after _on_connect, and older goes first.
        self._flowing = True
        self._pump()


def _on_socket_open(_client: mqtt.Client, _userdata: Any, opened: Any) -> None:
    # paho leaves Nagle's algorithm on, which holds the second small packet until the first is
    # acknowledged: 40 ms.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _use_tls(client: mqtt.Client, ca_file: str | None) -> None:
    try:
        client.tls_set(ca_certs=ca_file)
    except (ssl.SSLError, OSError) as exc:
        raise SettingError(variable("broker_ca_file"), f"must hold CA certificates ({exc})", ca_file) from exc
