"""The numbers by which a host is known at a glance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from dashboard.live.figures import figures
from perfwatch.readings.codec import from_ms

MOMENT = from_ms(1_800_000_000_000)


def of(**readings: Any) -> dict[str, Any]:
    stamp = {"timestamp": "2027-01-15T08:00:00.000Z"}
    raw = {name: msgspec.Raw(msgspec.json.encode(stamp | one)) for name, one in readings.items()}
    return {name: value for name, value in figures(raw, MOMENT).items() if value is not None}


def test_they_are_as_exact_as_they_are_shown() -> None:
    network = {"bytes_recv_per_sec": 1_234_567.8, "bytes_sent_per_sec": 0.4}
    found = of(cpu={"usage_percent": 12.345}, memory={"usage_percent": 40}, network=network)
    assert found == {"cpu": 12.3, "memory": 40, "down": 1_230_000, "up": 0, "failed": 0}


def test_the_fullest_partition_is_named() -> None:
    partitions = {"/": {"usage_percent": 10}, "/srv": {"usage_percent": 93.44}, "/x": {"usage_percent": None}}
    found = of(disk={"partitions": partitions})
    assert (found["disk"], found["fullest"]) == (93.4, "/srv")


def test_the_hottest_of_processor_sensors_and_graphics_cards_is_told_but_no_open_input() -> None:
    sensors = {"temperatures": {"a": {"celsius": 51.6}, "loose": {"celsius": 127}}}
    gpu = {"gpus": {"0": {"temperature_celsius": 50}}}
    assert of(cpu={"temperature_celsius": [45, None]}, sensors=sensors, gpu=gpu)["temperature"] == 52


def test_what_a_table_may_show_besides() -> None:
    found = of(
        cpu={"load_average": [0.53, 1, 2]},
        memory={"swap_percent": 3.14},
        gpu={"gpus": {"0": {"usage_percent": 5}, "1": {"usage_percent": 71.26}, "2": {}}},
        containers={"count": 5, "running": 4},
        processes={"count": 312},
        system={"user_count": 2},
    )
    more = {"load": 0.53, "swap": 3.1, "gpu": 71.3, "containers": 4, "processes": 312, "users": 2}
    assert found == {"failed": 0, **more}


@pytest.mark.parametrize("late", [0, 4])
def test_when_it_was_started_does_not_change_with_each_tick(late: float) -> None:
    readings = {"system": msgspec.Raw(b'{"timestamp":"2027-01-15T08:00:00Z","uptime_seconds":86400}')}
    started = figures(readings, MOMENT + timedelta(milliseconds=late))["started"]
    assert started == 1_800_000_000 - 86_400


def test_a_reading_that_cannot_be_read_leaves_its_figures_out() -> None:
    assert of(cpu={"usage_percent": "much"}, systemd={"failed": 2}) == {"failed": 2}
