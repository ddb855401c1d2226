"""The devices as a process between a real broker and whoever listens to readings."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.publisher import Publisher, publisher
from tests.bridge.running import LASTING_BROKER
from tests.collector.listener import Listener
from tests.devices.running import running
from tests.servers import Mosquitto, wait_until

SENSOR = "perfwatch/kitchen/zigbee"


def values(listener: Listener, topic: str, field: str) -> list[float]:
    return [found[field] for found in map(json.loads, listener.topic(topic)) if field in found]


def send(sender: Publisher, numbers: range) -> None:
    for number in numbers:
        sender.publish("zigbee2mqtt/kitchen", json.dumps({"temperature": number}).encode())


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path, LASTING_BROKER.format(folder=tmp_path)) as broker:
        yield broker


def test_a_message_becomes_an_ordinary_reading(tmp_path: Path, broker: Mosquitto) -> None:
    with (
        running(tmp_path, broker, "zigbee2mqtt") as devices,
        publisher(broker) as device,
        Listener(broker.port) as heard,
    ):
        send(device, range(3))
        wait_until(lambda: values(heard, SENSOR, "temperature_celsius") == [0, 1, 2], "three readings")
        (message, *_) = [one for one in heard.heard if one.topic == SENSOR]
        assert (message.qos, message.retained) == (1, True)
        assert message.expiry is not None
        assert devices.heartbeat.stat().st_mtime > time.time()


def test_what_an_announced_device_sent_meanwhile_is_read_as_it_was_announced(
    tmp_path: Path, lasting: Mosquitto
) -> None:
    config = {
        "stat_t": "x/y",
        "val_tpl": "{{ value_json.t }}",
        "name": "Heat",
        "unit_of_meas": "°C",
        "dev": {"ids": "d"},
    }
    with (
        running(tmp_path, lasting, "homeassistant") as devices,
        publisher(lasting) as device,
        Listener(lasting.port) as heard,
    ):
        device.publish("homeassistant/sensor/d/config", json.dumps(config).encode(), retain=True)

        # It has subscribed once a message comes through.
        def comes() -> bool:
            device.publish("x/y", b'{"t": 1}')
            return bool(heard.topic("perfwatch/d/x_y"))

        wait_until(comes, "the announced topic is read")
        devices.end(signal.SIGTERM)
        device.publish("x/y", b'{"t": 2}')
        devices.start()
        wait_until(lambda: 2 in values(heard, "perfwatch/d/x_y", "heat_celsius"), "what came meanwhile")


def test_a_state_that_was_retained_before_the_start_is_no_reading_and_a_new_one_is(
    tmp_path: Path, broker: Mosquitto
) -> None:
    with publisher(broker) as device, Listener(broker.port) as heard:
        device.publish("zigbee2mqtt/kitchen", b'{"temperature": -99}', retain=True)
        with running(tmp_path, broker, "zigbee2mqtt"):
            device.publish("zigbee2mqtt/kitchen", b'{"temperature": 21}', retain=True)
            wait_until(lambda: bool(heard.topic(SENSOR)), "the reading after it")
        assert values(heard, SENSOR, "temperature_celsius") == [21]


def test_its_own_readings_are_taken_but_once(tmp_path: Path, broker: Mosquitto) -> None:
    with running(tmp_path, broker, "plain"), publisher(broker) as device, Listener(broker.port) as heard:
        device.publish("perfwatch/esp/temperature", b"21.5")
        device.publish("perfwatch/esp/end", b"1")
        wait_until(lambda: len(heard.topic("perfwatch/esp/end")) == 2, "both are published again")
        assert len(heard.topic("perfwatch/esp/temperature")) == 2  # the device's, and ours


def test_a_collector_s_readings_are_left_alone(tmp_path: Path, broker: Mosquitto) -> None:
    with publisher(broker) as device, Listener(broker.port) as heard:
        device.publish("perfwatch/shed/info", b'{"schema": 1}', retain=True)
        device.publish("perfwatch/esp/status", b"online", retain=True)
        with running(tmp_path, broker, "plain"):
            device.publish("perfwatch/shed/cpu", b"5")
            device.publish("perfwatch/esp/temperature", b"5")
            wait_until(lambda: len(heard.topic("perfwatch/esp/temperature")) == 2, "the device's reading")
        assert heard.topic("perfwatch/shed/cpu") == [b"5"]


def test_what_cannot_be_taken_stops_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    with (
        running(tmp_path, broker, "zigbee2mqtt"),
        publisher(broker) as device,
        Listener(broker.port) as heard,
    ):
        for payload in (b"\xff\xfe", b"{", b"[" * 100_000, b"x" * 3_000_000, b"", b'{"a": 1e999}'):
            device.publish("zigbee2mqtt/kitchen", payload)
        send(device, range(7, 8))
        wait_until(lambda: values(heard, SENSOR, "temperature_celsius") == [7], "the reading after them")


def test_a_flood_without_acknowledgements_is_taken_too(tmp_path: Path, broker: Mosquitto) -> None:
    with (
        running(tmp_path, broker, "zigbee2mqtt"),
        publisher(broker) as device,
        Listener(broker.port) as heard,
    ):
        for _ in range(5000):
            device.publish_and_forget("zigbee2mqtt/kitchen", b'{"temperature": 1}')
        send(device, range(2, 3))
        wait_until(lambda: 2 in values(heard, SENSOR, "temperature_celsius"), "what came after the flood")
        assert len(heard.topic(SENSOR)) == 5001


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order(tmp_path: Path, broker: Mosquitto, number: signal.Signals) -> None:
    with running(tmp_path, broker, "zigbee2mqtt") as devices:
        assert devices.end(number) == 0


def test_it_waits_for_a_broker_that_is_away(tmp_path: Path, lasting: Mosquitto) -> None:
    with running(tmp_path, lasting, "zigbee2mqtt"):
        lasting.stop()
        lasting.start()
        with publisher(lasting) as device, Listener(lasting.port) as heard:
            send(device, range(1))
            wait_until(lambda: bool(heard.topic(SENSOR)), "a reading after the broker came back")
