"""Brokers that take less than a collector may send, as people reported them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.collector.listener import Listener
from tests.collector.running import Collector, readings
from tests.servers import Mosquitto, wait_until

OPEN = "allow_anonymous true\nlog_type all\n"
LEFT_OUT = "homeassistant/device/perfwatch_nas/config is left out"


def connections(broker: Mosquitto) -> int:
    log = (broker.folder / "mosquitto.log").read_text()
    return log.count("as perfwatch-collector-nas")


@pytest.mark.parametrize(
    ("limit", "named"),
    [
        ("max_packet_size 20000", ""),
        ("max_packet_size 3000", ""),
        ("message_size_limit 2000", LEFT_OUT),
        # Mosquitto 2.0.11 then hangs up without a word, at each one.
        ("message_size_limit 2000\nmax_queued_messages 0", LEFT_OUT),
    ],
    ids=["b50", "b50 smaller", "b52", "b52 hangs up"],
)
def test_b50_b52_readings_flow_and_discovery_is_split_or_left_out(
    limit: str, named: str, tmp_path: Path
) -> None:
    # Not network: its reading grows with the interfaces that other tests make.
    sources = "memory,memory_bandwidth,cpu,pressure"
    with (
        Mosquitto(tmp_path, f"{OPEN}{limit}\n") as broker,
        Listener(broker.port) as listener,
        Collector(tmp_path, broker.url, "--sources", sources) as collector,
    ):
        wait_until(lambda: len(readings(listener, "memory")) >= 10, "ten ticks")
        assert connections(broker) <= (6 if "queued" in limit else 1)
        told = [message.topic for message in listener.heard if message.topic.startswith("homeassistant/")]
        log = collector.log
    if named:
        assert log.count(named) == 1
    else:
        assert told
        assert "left out" not in log
    assert "another collector" not in log


def test_b51_a_reading_that_is_larger_than_the_limit_is_named_and_the_others_flow(tmp_path: Path) -> None:
    options = ("--sources", "memory,network,memory_bandwidth", "--homeassistant", "false")
    with (
        Mosquitto(tmp_path, f"{OPEN}max_packet_size 900\n") as broker,
        Listener(broker.port) as listener,
        Collector(tmp_path, broker.url, *options) as collector,
    ):
        wait_until(lambda: len(readings(listener, "memory_bandwidth")) >= 10, "ten ticks")
        assert connections(broker) == 1
        assert collector.log.count("perfwatch/nas/network is left out") == 1
