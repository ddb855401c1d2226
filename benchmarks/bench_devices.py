"""What a message of a device costs in the presets, and through the service with a real broker.

    python -m benchmarks.bench_devices [messages]

The messages are the shapes of tests/devices, each with its topic, again and again. Processor time is what
counts: a machine that is busy with other things makes the clock tell nothing.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import threading
import time
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.process import peak_megabytes, processor_seconds
from benchmarks.table import percentile, print_table
from devices.presets.registry import PRESETS, Given
from devices.taker import Taker
from devices.values import Unusable
from perfwatch.topics import Topics
from tests.devices.running import running
from tests.servers import Mosquitto

SHAPES = Path(__file__).parents[1] / "tests/devices/shapes"
NOW = 1_800_000_000_000

TOPIC, READING = "zigbee2mqtt/kitchen", "perfwatch/kitchen/zigbee"
STATE = {"temperature": 21.4, "humidity": 41.2, "battery": 97, "voltage": 3005, "linkquality": 120}
SHIPPED = """
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 0
max_inflight_messages 2000
"""


def shapes(preset: str) -> list[tuple[str, bytes]]:
    """The topics and payloads that the preset takes."""
    found = json.loads((SHAPES / f"{preset}.json").read_text())
    return [(one["topic"], payload_of(one)) for one in found if "refused" not in one]


def payload_of(shape: dict[str, Any]) -> bytes:
    return b64decode(shape["base64"]) if "base64" in shape else shape["payload"].encode()


def seconds_of(taker: Taker, messages: Sequence[tuple[str, bytes]], count: int) -> float:
    """Processor time of `count` messages."""
    rounds = count // len(messages)
    began = time.process_time()
    for place in range(rounds):
        for topic, payload in messages:
            with suppress(Unusable):
                taker.take(topic, payload, NOW + place)
    return (time.process_time() - began) / (rounds * len(messages)) * count


@contextmanager
def service(presets: str) -> Iterator[tuple[Mosquitto, int]]:
    """A broker and `python -m devices` with those presets: its process id."""
    with (
        tempfile.TemporaryDirectory() as name,
        Mosquitto(Path(name), SHIPPED) as broker,
        running(Path(name), broker, presets) as devices,
    ):
        assert devices.process is not None
        yield broker, devices.process.pid


def delays(broker: Mosquitto, count: int) -> list[float]:
    """How much later (ms) than a device's message its reading comes to somebody who listens to both."""
    came: dict[str, dict[float, float]] = {TOPIC: {}, READING: {}}
    heard = threading.Event()

    def note(_client: Any, _user: Any, message: Any) -> None:
        told = json.loads(message.payload)
        number = told.get("temperature_celsius", told.get("temperature"))
        came[message.topic][number] = time.perf_counter()
        if message.topic == READING:
            heard.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.on_message = note
    client.connect(broker.host, broker.port)
    client.subscribe([(TOPIC, 0), (READING, 1)])
    client.loop_start()
    for number in range(count):
        heard.clear()
        client.publish(TOPIC, json.dumps(STATE | {"temperature": number}))
        heard.wait(60)
        time.sleep(0.005)
    client.disconnect()
    client.loop_stop()
    return [(came[READING][number] - came[TOPIC][number]) * 1000 for number in came[READING]]


def flood(broker: Mosquitto, pid: int, count: int) -> tuple[float, float]:
    """Processor time of the service for each of `count` messages (µs), and how many came through a second."""
    done = threading.Event()

    def note(_client: Any, _user: Any, message: Any) -> None:
        if b"-1" in message.payload:
            done.set()

    listener = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    listener.on_message = note
    listener.connect(broker.host, broker.port)
    listener.subscribe("perfwatch/last/zigbee", 1)
    listener.loop_start()
    sender = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    sender.max_inflight_messages_set(1000)
    sender.connect(broker.host, broker.port)
    sender.loop_start()
    payload = json.dumps(STATE)
    before, began = processor_seconds(pid), time.perf_counter()
    for number in range(count):
        sender.publish(f"zigbee2mqtt/room {number % 10}", payload, qos=1)
    sender.publish("zigbee2mqtt/last", json.dumps({"temperature": -1}), qos=1).wait_for_publish(600)
    done.wait(600)
    spent, took = processor_seconds(pid) - before, time.perf_counter() - began
    for client in (sender, listener):
        client.disconnect()
        client.loop_stop()
    return spent / count * 1e6, count / took


def of_each(broker: Mosquitto, pid: int, presets: Iterable[str]) -> None:
    """Send the shapes of each of them, and wait until the service has nothing to do."""
    sender = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    sender.connect(broker.host, broker.port)
    sender.loop_start()
    for preset in presets:
        for topic, payload in shapes(preset):
            sender.publish(topic, payload, qos=1).wait_for_publish(60)
    before = -1.0
    while (spent := processor_seconds(pid)) - before > 0.001:
        before = spent
        time.sleep(1)
    sender.disconnect()
    sender.loop_stop()


def through_the_service(count: int) -> Iterator[tuple[object, ...]]:
    """For each choice of presets; the best of three rounds, as others use the machine too."""
    for presets in ("zigbee2mqtt", "homeassistant,zigbee2mqtt", "all"):
        with service(presets) as (broker, pid):
            rounds = [delays(broker, 200) for _ in range(3)]
            halves, most = ([percentile(one, share) for one in rounds] for share in (0.5, 0.95))
            costs = [flood(broker, pid, count) for _ in range(3)]
            cost, rate = min(one[0] for one in costs), max(one[1] for one in costs)
            memory = [peak_megabytes(pid)]
            of_each(broker, pid, PRESETS if presets == "all" else presets.split(","))
            memory.append(peak_megabytes(pid))
            peaks = (f"{one:.1f}" for one in memory)
            yield presets, min(halves), min(most), f"{cost:.1f}", f"{rate:,.0f}", *peaks


def main(count: int) -> None:
    rows = []
    for name, preset in PRESETS.items():
        taker = Taker([preset(Given(UTC))], Topics())
        messages = shapes(name)
        seconds_of(taker, messages, len(messages))  # what is remembered of a topic is not what it costs
        micros = min(seconds_of(taker, messages, count) for _ in range(3)) / count * 1e6
        size = sum(len(payload) for _, payload in messages) / len(messages)
        rows.append((name, f"{size:.0f}", f"{micros:.1f}", f"{1e6 / micros:,.0f}"))
    print_table(
        "Messages of devices through the presets",
        ("preset", "bytes", "µs CPU a message", "messages/s on one core"),
        rows,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nmost memory of this process, with all presets: {peak:.0f} MB")
    print_table(
        "From a device's message to its reading, through broker and service; best of three rounds",
        (
            *("presets", "p50 ms", "p95 ms", "µs CPU a message", "messages/s"),
            *("MiB at most", "once each preset had messages"),
        ),
        list(through_the_service(count)),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
