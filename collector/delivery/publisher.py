"""Readings → the broker."""

from __future__ import annotations

import contextlib
import logging
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from collector.delivery.client import new_client, tls_context
from collector.delivery.inflight import Inflight
from collector.delivery.mqtt_reasons import explain
from collector.delivery.outbox import Outbox
from perfwatch.broker import Broker
from perfwatch.mqtt.identity import new_client_id
from perfwatch.topics import Topics

log = logging.getLogger(__name__)

# Expiry also discards what the broker queues for a bridge that is away, so it must outlast the
# bridge's session (7 days), not the interval.
EXPIRY_SECONDS = 7 * 86400
KEEP_ALIVE_SECONDS = 30
# What the broker may send us, in bytes: what is sent to a collector is small.
LARGEST_PACKET = 1024 * 1024
# Each try is delayed by up to JITTER more, so that the hosts do not all meet a broker that has just
# started in the same instant: 1 to 20 s in all. For paho the wait is silence of the broker: with that
# of connecting it must stay below the keep-alive.
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 19.0
JITTER_SECONDS = 1.0
# What is not sent is safer in the outbox than in paho; and paho's own limit is 20.
WINDOW = 16

# Two collectors of one name throw each other out as fast as they reconnect, which is in this time.
TAKEN_OVER_SECONDS = FIRST_RETRY_SECONDS + 2 * JITTER_SECONDS


class Publisher:
    """One host's connection to its broker, which may come and go: `start`, `publish` …, `stop`.

    The broker is told `online` and whatever else was announced at every connection, and says
    `offline` for us when we vanish. Raises SettingError when the CA file cannot be used.

    Each connection has a paho client of its own: one that reconnects would send again by itself what
    it holds, all at once and retained as it was, while the outbox knows what is old by now.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Topics,
        host: str,
        outbox: Outbox | None = None,
        client_id: str = "",
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._host = host
        self._client_id = client_id or new_client_id("collector", host)
        self._outbox = Outbox() if outbox is None else outbox
        self._properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        self._properties.MessageExpiryInterval = EXPIRY_SECONDS
        self._announced: dict[str, tuple[bytes, ...]] = {}
        self._urgent: deque[tuple[str, bytes, Properties | None]] = deque()
        self._followed: dict[str, Callable[[bytes], None]] = {}
        self._newest: dict[str, bytes] = {}
        self._sending = threading.Lock()
        self._flight = Inflight(WINDOW)
        self._connected = False
        self._connected_at = 0.0
        # Nobody knows how the last run ended, nor what became of the broker since.
        self._lossy = True
        self._tried = False
        self._pause = FIRST_RETRY_SECONDS / 2
        self._said: set[str] = set()
        self._unheard: set[str] = set()
        self._stopping = threading.Event()
        self._gone = threading.Event()
        self._gone.set()
        self._tls = tls_context(broker)
        self._client = self._make_client()

    def start(self) -> None:
        """Begin to connect, and keep at it: returns at once, whether or not the broker is there."""
        self._outbox.open()
        self._connect()

    def publish(self, metric: str, payload: bytes) -> None:
        """Send a reading when the broker can take it: QoS 1, in the order of the calls.

        The newest of its topic is retained. It is in the outbox until the broker acknowledges it.
        """
        if self._outbox.add(self._topics.metric(self._host, metric), payload):
            log.warning("Too many readings wait for %s: the oldest are dropped", self._broker)
        self._pump()

    def describe(self, info: bytes) -> None:
        """Publish the host's facts, now and at every connection to come."""
        self.announce(self._topics.info(self._host), info)

    def announce(self, topic: str, *payloads: bytes) -> None:
        """Publish them retained at QoS 1, now and, until it is announced anew, at every connection.

        Several follow one another on the topic; the last of them stays.
        """
        self._announced[topic] = payloads
        if self._connected:
            self._urgent.extend((topic, payload, None) for payload in payloads)
            self._pump()

    def repeat(self) -> None:
        """Publish again what is newest, for someone who has just come."""
        if self._connected:
            self._urgent.extend((*newest, self._properties) for newest in list(self._newest.items()))
            self._pump()

    def answer(self, topic: str, payload: bytes) -> None:
        """Publish it once, not retained. It is not kept: without a connection nobody asked."""
        if self._connected:
            self._client.publish(topic, payload, qos=0)

    def show(self, topic: str, text: bytes) -> None:
        """Publish it retained at QoS 0, if the broker is there just now."""
        if self._connected and not self._stopping.is_set():
            self._client.publish(topic, text, qos=0, retain=True, properties=self._properties)

    def follow(self, topic: str, receive: Callable[[bytes], None]) -> None:
        """Call `receive`, in the network's thread, with what comes on that topic. Before `start`."""
        self._followed[topic] = receive

    def stop(self, timeout: float = 2.0) -> None:
        """Say `offline` and leave, within `timeout` seconds, whatever the broker does."""
        deadline = time.monotonic() + timeout
        self._stopping.set()
        client = self._client
        if self._connected:
            farewell = client.publish(self._topics.status(self._host), b"offline", qos=1, retain=True)
            # It fails when the connection breaks just now; then the will says the same.
            with contextlib.suppress(RuntimeError):
                farewell.wait_for_publish(timeout)
        client.disconnect()
        # Not loop_stop: it waits without limit. The thread ends by itself once the socket is closed.
        self._gone.wait(max(0.0, deadline - time.monotonic()))
        if waiting := len(self._outbox):
            place = "on disk, for the next start" if self._outbox.durable else "in memory only, and are lost"
            log.warning("Stopped with %d readings unsent: they are %s", waiting, place)
        self._outbox.close()

    def _connect(self) -> None:
        limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        limits.MaximumPacketSize = LARGEST_PACKET
        self._client.connect_async(
            self._broker.host, self._broker.port, KEEP_ALIVE_SECONDS, properties=limits
        )
        self._client.loop_start()

    def _connect_anew(self) -> None:
        if not self._stopping.is_set():
            self._pause = min(self._pause * 2, LONGEST_RETRY_SECONDS)
            self._client = self._make_client()
            self._connect()

    def _make_client(self) -> mqtt.Client:
        client = new_client(self._broker, self._client_id, self._tls)
        client.will_set(self._topics.status(self._host), b"offline", qos=1, retain=True)
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        return client

    def _pump(self) -> None:
        """Hand paho what waits, as far as the window allows.

        Both threads come here. One at a time keeps the order; the other need not wait, for whoever
        is at it looks again before leaving.
        """
        while self._ready() and self._sending.acquire(blocking=False):
            try:
                while self._ready():
                    self._send_next()
            finally:
                self._sending.release()

    def _ready(self) -> bool:
        going = self._connected and not self._stopping.is_set() and not self._flight.full
        return going and bool(self._urgent or not self._outbox.empty)

    def _send_next(self) -> None:
        if self._urgent:
            self._send(*self._urgent.popleft())
        elif (letter := self._outbox.take()) is not None:
            if letter.newest:
                self._newest[letter.topic] = letter.payload
            self._send(letter.topic, letter.payload, self._properties, letter.newest, letter.number)

    def _send(
        self,
        topic: str,
        payload: bytes,
        properties: Properties | None,
        retain: bool = True,
        reading: int | None = None,
    ) -> None:
        flight = self._flight
        flight.take_off()
        sent = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        if flight.sent(sent.mid, reading) and reading is not None:
            self._outbox.done(reading)

    def _say(self, trouble: str, text: str, *values: object) -> None:
        """Log it, once for each trouble until the broker is back."""
        if trouble not in self._said and not self._stopping.is_set():
            self._said.add(trouble)
            log.warning(text, *values)

    def _on_pre_connect(self, _client: mqtt.Client, _userdata: Any) -> None:
        if self._tried:
            self._stopping.wait(self._pause + random.uniform(0, JITTER_SECONDS))
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
        self._say_back()
        with self._sending:  # whoever is at it has the last connection's client
            self._flight = Inflight(max(1, min(WINDOW, getattr(properties, "ReceiveMaximum", 65535) - 2)))
            self._outbox.rewind(lossy=self._lossy)
            self._urgent.clear()
            self._urgent.append((self._topics.status(self._host), b"online", None))
            for topic, payloads in list(self._announced.items()):
                self._urgent.extend((topic, payload, None) for payload in payloads)
            self._gone.clear()
            self._connected = True
        self._connected_at = time.monotonic()
        self._pause = FIRST_RETRY_SECONDS / 2
        if self._followed:
            # What somebody left retained is not for every start to come.
            options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
            client.subscribe([(topic, options) for topic in self._followed])
        self._pump()

    def _say_back(self) -> None:
        waiting, dropped = len(self._outbox), self._outbox.forget_dropped()
        if self._said:
            log.info("Connected to %s again: %d readings waited, %d dropped", self._broker, waiting, dropped)
        else:
            log.info("Connected to %s", self._broker)
        self._said.clear()

    def _on_connect_fail(self, client: mqtt.Client, _userdata: Any) -> None:
        why = str(sys.exception())  # paho calls this inside its `except`, and passes no reason
        self._say("away", "Cannot reach %s (%s): trying until it answers", self._broker, why)
        client.disconnect()  # it would try again itself
        self._connect_anew()

    def _on_disconnect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if client is not self._client:
            return  # paho tells it twice when no answer came to its ping
        if self._connected:
            why = explain(reason) if flags.is_disconnect_packet_from_server else self._break()
            self._say("away", "Lost %s (%s): trying until it is back", self._broker, why)
        elif not self._said:
            self._say("away", "%s hung up before it said a word of MQTT: trying again", self._broker)
        # A broker that says goodbye has not crashed: it saves what it took.
        if self._connected:
            self._lossy = not flags.is_disconnect_packet_from_server
        self._connected = False
        self._gone.set()
        self._connect_anew()

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
        reading = self._flight.land(mid)
        if reading is not None:
            self._outbox.done(reading)
        if reason.is_failure:
            self._say(
                f"publish: {reason}",
                "%s does not take what we publish (%s): its access list must let this user write %s",
                self._broker,
                reason,
                f"{self._topics.prefix}/{self._host}/#",
            )
        self._pump()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._followed[message.topic](bytes(message.payload))

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for topic, reason in zip(self._followed, reasons, strict=True):
            if reason.is_failure and topic not in self._unheard:
                self._unheard.add(topic)
                log.warning("%s does not let this user read %s (%s)", self._broker, topic, reason)
