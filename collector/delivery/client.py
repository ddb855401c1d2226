"""paho's client as it is used here, and one message sent by it. Only this and the publisher know paho."""

from __future__ import annotations

import queue
import socket
import ssl
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from collector.delivery.mqtt_reasons import explain
from perfwatch.broker import Broker
from perfwatch.errors import BrokerError, SettingError
from perfwatch.settings import variable


def new_client(broker: Broker, name: str, context: ssl.SSLContext | None) -> mqtt.Client:
    """A client of `broker` with that client id, not connected."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5, reconnect_on_failure=False)
    client.username = broker.username
    client.password = broker.password
    client.on_socket_open = _on_socket_open
    if context is not None:
        client.tls_set_context(context)
    return client


def publish_once(broker: Broker, name: str, topic: str, payload: bytes, timeout: float = 10.0) -> None:
    """Publish one retained message, and wait for the broker's word. Raises BrokerError."""
    client, answers = new_client(broker, name, tls_context(broker)), queue.SimpleQueue[ReasonCode]()
    client.on_connect = lambda _client, _userdata, _flags, reason, _properties: answers.put(reason)
    client.on_publish = lambda _client, _userdata, _mid, reason, _properties: answers.put(reason)
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        _expect(broker, "us", answers.get(timeout=timeout))
        client.publish(topic, payload, qos=1, retain=True)
        _expect(broker, f"what is published to {topic}", answers.get(timeout=timeout))
    except OSError as exc:
        raise BrokerError(f"Cannot reach {broker} ({exc})") from exc
    except queue.Empty:
        raise BrokerError(f"{broker} does not answer within {timeout:.0f} s") from None
    finally:
        client.disconnect()
        client.loop_stop()


def _expect(broker: Broker, what: str, reason: ReasonCode) -> None:
    if reason.is_failure:
        raise BrokerError(f"{broker} refuses {what}: {explain(reason)}")


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
