"""One connection to the broker after another, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Protocol

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collector.delivery.client import Client, limits_of, new_client, tls_context
from collector.delivery.mqtt_reasons import TAKEN_OVER, explain
from collector.delivery.retry import Retry
from collector.worker import Worker
from perfwatch.broker import Broker
from perfwatch.mqtt.limits import Limits
from perfwatch.settings import variable

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 30
# What the broker may send us, in bytes: what is sent to a collector is small.
LARGEST_PACKET = 1024 * 1024


class User(Protocol):
    """Who uses the connection. All is called in its thread; what is raised there ends it."""

    def begin(self, client: Client, limits: Limits, again: bool) -> None:
        """Connected; `again` after an outage that was logged."""

    def answered(self, message: int, refusal: str) -> None:
        """The broker took a message that was published, or did not, for that reason."""

    def received(self, topic: str, payload: bytes, expiry: float | None) -> None:
        """A message came, which holds for that many seconds more."""

    def finish(self, goodbye: str, rival: bool) -> bool:
        """No longer connected. Whether that was for a message, which is not sent again then.

        `goodbye` is the broker's reason, empty if it gave none; `rival` is whether this happens at once,
        again and again.
        """


class Connection:
    """`start`, then `check` now and then, and `stop`.

    `status` is the topic of the will, `offline`. Each connection has a paho client of its own: one that
    reconnects would send again by itself what it holds, all at once and retained as it was. Raises
    SettingError when the CA file cannot be used.
    """

    def __init__(self, broker: Broker, host: str, client_id: str, status: str, user: User) -> None:
        self._broker = broker
        self._host = host
        self._client_id = client_id
        self._status = status
        self._user = user
        self._tls = tls_context(broker)
        self._limits = Limits()
        self._retry = Retry()
        self._up = False
        self._up_at = 0.0
        self._goodbye = ""
        self._said: set[str] = set()
        self._rival_said = False
        self._stopping = threading.Event()
        self._client = self._make_client()
        self._worker = Worker(f"delivery of {host}", self._run)

    def start(self) -> None:
        self._worker.start()

    def check(self) -> None:
        """Raises whatever unforeseen has ended the thread."""
        self._worker.check()

    def stop(self, timeout: float) -> None:
        """Leave in order, within that many seconds; a broker that does not listen is left as it is."""
        self._stopping.set()
        self._client.disconnect()
        # Not loop_stop: it waits without limit.
        self._worker.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._connect_once()
            if not self._stopping.wait(self._retry.next()):
                self._client = self._make_client()

    def _connect_once(self) -> None:
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.MaximumPacketSize = LARGEST_PACKET
        self._goodbye = ""
        try:
            self._client.connect(self._broker.host, self._broker.port, KEEP_ALIVE_SECONDS, properties=asked)
        except OSError as exc:
            self._retry.failed()
            self._say("away", "Cannot reach %s (%s): trying until it answers", self._broker, str(exc))
            return
        self._client.serve()
        self._end()

    def _make_client(self) -> Client:
        client = new_client(self._broker, self._client_id, self._tls)
        client.will_set(self._status, b"offline", min(1, self._limits.qos), self._limits.retain)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _say(self, trouble: str, text: str, *values: object) -> None:
        """Log it, once for each trouble until the broker is back."""
        if trouble not in self._said and not self._stopping.is_set():
            self._said.add(trouble)
            log.warning(text, *values)

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: Any,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._learn(reason)
            self._say(f"refused: {reason}", "%s refuses us: %s", self._broker, explain(reason))
        elif self._stopping.is_set():
            client.disconnect()
        else:
            self._up, self._up_at = True, time.monotonic()
            self._limits = limits_of(properties)
            self._retry.connected()
            again = bool(self._said)
            self._said.clear()
            self._user.begin(self._client, self._limits, again)

    def _learn(self, reason: ReasonCode) -> None:
        """A will that it does not take as it is: the next one is as it wants it."""
        if str(reason) == "QoS not supported":
            self._limits = self._limits._replace(qos=0)
        elif str(reason) == "Retain not supported":
            self._limits = self._limits._replace(retain=False)

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: Any,
        flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _more: Any,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._goodbye = str(reason)

    def _on_publish(
        self, _client: mqtt.Client, _userdata: Any, message: int, reason: ReasonCode, _more: Any
    ) -> None:
        self._user.answered(message, str(reason) if reason.is_failure else "")

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        self._user.received(message.topic, bytes(message.payload), expiry)

    def _end(self) -> None:
        """The connection is over, or was none."""
        if not self._up:
            self._retry.failed()
            if not self._said:
                self._say("away", "%s hung up before it said a word of MQTT: trying again", self._broker)
            return
        self._up = False
        self._retry.ended(time.monotonic() - self._up_at, self._goodbye == TAKEN_OVER)
        if self._user.finish(self._goodbye, self._retry.rival):
            self._retry.failed()
        if self._retry.rival:
            self._say_rival()
        else:
            self._rival_said = False
            why = explain(self._goodbye) if self._goodbye else "the connection broke"
            self._say("away", "Lost %s (%s): trying until it is back", self._broker, why)

    def _say_rival(self) -> None:
        """Once, and nothing of each time that they throw one another out."""
        if not self._rival_said:
            self._rival_said = True
            text = "Lost %s %s: does another collector have the host id %s? Give each its own in %s. %s"
            how = f"({self._goodbye})" if self._goodbye else "at once, again and again"
            rarely = "Trying more and more seldom, at last every 5 minutes"
            self._say("rival", text, self._broker, how, self._host, variable("host"), rarely)
