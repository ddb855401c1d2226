"""Readings → the broker."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from paho.mqtt import client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from collector.delivery.client import Client, Expiring, packet_size
from collector.delivery.connection import Connection
from collector.delivery.inflight import Inflight, Sent
from collector.delivery.mqtt_reasons import QUOTA, TOO_LARGE
from collector.delivery.outbox import Outbox
from collector.delivery.remarks import Remarks
from perfwatch.broker import Broker
from perfwatch.mqtt.identity import new_client_id
from perfwatch.mqtt.limits import Limits
from perfwatch.topics import Topics

# Expiry also discards what the broker queues for a bridge that is away, so it must outlast the
# bridge's session (7 days), not the interval.
EXPIRY_SECONDS = 7 * 86400
# What is not sent is safer in the outbox than in paho; and paho's own limit is 20.
WINDOW = 16


class Message(NamedTuple):
    """What is to be published; `reading` is its number in the outbox, if it is one."""

    topic: str
    payload: bytes
    properties: Properties | None = None
    retain: bool = True
    reading: int | None = None
    qos: int = 1


class Publisher:
    """One host's connection to its broker, which may come and go: `start`, `publish` …, `stop`.

    The broker is told `online` and whatever else was announced at every connection, and says
    `offline` for us when we vanish. Raises SettingError when the CA file cannot be used.

    What unforeseen has ended the connection's thread is raised by `check` and `publish`.

    With a `retained_expiry` (s) below EXPIRY_SECONDS the retained copy of a reading is a message of its own.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Topics,
        host: str,
        outbox: Outbox | None = None,
        client_id: str = "",
        retained_expiry: float = EXPIRY_SECONDS,
    ) -> None:
        self._broker = broker
        self._topics = topics
        self._host = host
        self._outbox = Outbox() if outbox is None else outbox
        self._queued, self._kept = Expiring(EXPIRY_SECONDS), Expiring(retained_expiry)
        self._kept_apart = retained_expiry < EXPIRY_SECONDS
        self._announced: dict[str, tuple[bytes, ...]] = {}
        self._urgent: deque[Message] = deque()
        self._followed: dict[str, Callable[[bytes, float | None], None]] = {}
        self._newest: dict[str, bytes] = {}
        self._sending = threading.Lock()
        self._flight = Inflight(WINDOW)
        self._connected = False
        # Nobody knows how the last run ended, nor what became of the broker since.
        self._lossy = True
        self._stopping = False
        self._limits = Limits()
        self._largest: int | None = None  # bytes; what the broker takes though it did not say so
        self._suspect: Sent | None = None
        self._remarks = Remarks(broker, f"{topics.prefix}/{host}/#")
        self._heeding: list[Callable[[Limits], None]] = []
        self._connection = Connection(
            broker, host, client_id or new_client_id("collector", host), topics.status(host), self
        )
        self._client: Client

    def start(self) -> None:
        """Begin to connect, and keep at it: returns at once, whether or not the broker is there."""
        self._outbox.open()
        self._connection.start()

    def check(self) -> None:
        """Raises whatever unforeseen has ended the connection's thread: nothing is sent any more."""
        self._connection.check()

    def publish(self, readings: Mapping[str, bytes]) -> None:
        """Send readings by metric when the broker can take them: QoS 1, in order.

        The newest of its topic is retained. Each is in the outbox until the broker acknowledges it.
        """
        self.check()
        for metric, payload in readings.items():
            if self._outbox.add(self._topics.metric(self._host, metric), payload):
                self._remarks.full()
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
            self._urgent.extend(Message(topic, payload) for payload in payloads)
            self._pump()

    def repeat(self) -> None:
        """Publish again what is newest, for someone who has just come."""
        if self._connected:
            self._urgent.extend(Message(*newest, self._kept) for newest in list(self._newest.items()))
            self._pump()

    def answer(self, topic: str, payload: bytes) -> None:
        """Publish it once, not retained. It is not kept: without a connection nobody asked."""
        if self._connected:
            self._urgent.append(Message(topic, payload, retain=False, qos=0))
            self._pump()

    def show(self, topic: str, text: bytes) -> None:
        """Publish it retained at QoS 0, if the broker is there just now."""
        if self._connected:
            self._urgent.append(Message(topic, text, self._kept, qos=0))
            self._pump()

    def follow(self, topic: str, receive: Callable[[bytes], None]) -> None:
        """Call `receive`, in the network's thread, with what comes on that topic. Before `start`."""
        self.follow_expiring(topic, lambda payload, _expiry: receive(payload))

    def follow_expiring(self, topic: str, receive: Callable[[bytes, float | None], None]) -> None:
        """The same, with the seconds for which the message still holds; None when it says nothing of that."""
        self._followed[topic] = receive

    def heed(self, limits: Callable[[Limits], None]) -> None:
        """Call it, in the network's thread, with what the broker takes: at each connection."""
        self._heeding.append(limits)

    def stop(self, timeout: float = 2.0) -> None:
        """Say `offline` and leave, within `timeout` seconds, whatever the broker does."""
        deadline = time.monotonic() + timeout
        self._stopping = True
        if self._connected:
            qos, retain = min(1, self._limits.qos), self._limits.retain
            farewell = self._client.publish(self._topics.status(self._host), b"offline", qos, retain)
            # It fails when the connection breaks just now; then the will says the same.
            with contextlib.suppress(RuntimeError):
                farewell.wait_for_publish(timeout)
        self._connection.stop(max(0.0, deadline - time.monotonic()))
        self._remarks.left(len(self._outbox), self._outbox.durable)
        self._outbox.close()

    def _pump(self) -> None:
        """Hand paho what waits, as far as the window allows.

        Both threads come here. One at a time keeps the order; the other need not wait, for whoever
        is at it looks again before leaving.
        """
        while self._ready() and self._sending.acquire(blocking=False):
            try:
                with self._client.together():
                    while self._ready():
                        self._send_next()
            finally:
                self._sending.release()

    def _ready(self) -> bool:
        going = self._connected and not self._stopping and not self._flight.full
        return going and bool(self._urgent or not self._outbox.empty)

    def _send_next(self) -> None:
        if self._urgent:
            self._send(self._urgent.popleft())
        elif (letter := self._outbox.take()) is not None:
            apart = letter.newest and self._kept_apart
            if letter.newest:
                self._newest[letter.topic] = letter.payload
            retain = letter.newest and not apart
            self._send(Message(letter.topic, letter.payload, self._queued, retain, letter.number))
            if apart:  # at QoS 0, so that no queue has it twice
                self._urgent.append(Message(letter.topic, letter.payload, self._kept, qos=0))

    def _send(self, message: Message) -> None:
        limits, flight = self._limits, self._flight
        what = Sent(message.topic, packet_size(message.topic, message.payload), message.reading)
        if limits.packet_size is not None and what.size > limits.packet_size:
            self._leave_out(what, f"it takes {limits.packet_size} at most")
            return
        flight.take_off()
        qos, retain = min(message.qos, limits.qos), message.retain and limits.retain
        sent = self._client.publish(message.topic, message.payload, qos, retain, message.properties)
        if (refusal := flight.sent(sent.mid, what)) is not None:
            self._settle(what, refusal)

    def _settle(self, what: Sent, refusal: str) -> None:
        """The broker has it, or does not want it: it is not sent again."""
        if refusal == QUOTA:
            self._leave_out(what, "that is over a limit of its own")
            return
        if what.reading is not None:
            self._outbox.done(what.reading)
        if refusal:
            self._remarks.refused(refusal)

    def _leave_out(self, what: Sent, why: str) -> None:
        """What the broker will never take must not come before all others for ever."""
        if what.reading is not None:
            self._outbox.done(what.reading)
        self._remarks.too_large(what, why)

    def begin(self, client: Client, limits: Limits, again: bool) -> None:
        """Connected: say that we are there, and whatever else was announced; then what waits."""
        self._remarks.connected(again, len(self._outbox), self._outbox.forget_dropped())
        for heed in self._heeding:
            heed(limits)
        if self._largest is not None:
            limits = limits._replace(packet_size=min(self._largest, limits.packet_size or self._largest))
        with self._sending:  # whoever is at it has the last connection's client
            self._client, self._limits = client, limits
            self._flight = Inflight(max(1, min(WINDOW, limits.receive_max - 2)))
            self._outbox.rewind(lossy=self._lossy)
            self._urgent.clear()
            self._urgent.append(Message(self._topics.status(self._host), b"online"))
            for topic, payloads in list(self._announced.items()):
                self._urgent.extend(Message(topic, payload) for payload in payloads)
            self._connected = True
        self._subscribe(client)
        self._pump()

    def answered(self, message: int, refusal: str) -> None:
        """The broker took a message, or did not, for that reason."""
        what = self._flight.land(message, refusal)
        if what is not None:
            self._settle(what, refusal)
        self._pump()

    def received(self, topic: str, payload: bytes, expiry: float | None) -> None:
        """A message that was asked for."""
        self._followed[topic](payload, expiry)

    def finish(self, goodbye: str, rival: bool) -> bool:
        """No longer connected. Whether that was for a message that is too large: it is not sent again."""
        self._connected = False
        # A broker that says goodbye has not crashed: it saves what it took.
        self._lossy = not goodbye
        largest, before = self._flight.largest, self._suspect
        self._suspect = largest
        # A rival ends connections on which nothing is in flight; a message, those that have it.
        if largest is None or (goodbye != TOO_LARGE and not (rival and not goodbye and largest == before)):
            return False
        self._largest = largest.size - 1
        return True

    def _subscribe(self, client: Client) -> None:
        if self._followed:
            # What somebody left retained is not for every start to come, nor what we publish for us.
            no_retained = SubscribeOptions.RETAIN_DO_NOT_SEND
            options = SubscribeOptions(qos=1, noLocal=True, retainHandling=no_retained)
            client.on_subscribe = self._on_subscribe
            client.subscribe([(topic, options) for topic in self._followed])

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for topic, reason in zip(self._followed, reasons, strict=True):
            if reason.is_failure:
                self._remarks.unheard(topic, reason)
