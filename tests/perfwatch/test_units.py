from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch import units
from perfwatch.units import Unit, unit_of, without_unit


@pytest.mark.parametrize(
    ("metric", "field", "unit"),
    [
        ("cpu", "usage_percent", units.PERCENT),
        ("cpu", "iowait", units.PERCENT),
        ("cpu", "load_average_5", units.NUMBER),
        ("cpu", "frequency_mhz", units.MEGAHERTZ),
        ("cpu", "temperature_celsius", units.CELSIUS),
        ("cpu", "context_switches", units.COUNT),
        ("memory", "used_bytes", units.MEMORY),
        ("gpu", "memory_used_bytes", units.MEMORY),
        ("containers", "memory_bytes", units.MEMORY),
        ("network", "bytes_recv_per_sec", units.RATE),
        ("network", "bytes_recv", units.BYTES),
        ("network", "packets_sent_per_sec", units.PER_SECOND),
        ("disk", "read_bytes_per_sec", units.RATE),
        ("disk", "read_iops", units.PER_SECOND),
        ("disk", "write_latency_ms", units.MILLISECONDS),
        ("disk", "used_bytes", units.BYTES),
        ("perf_events", "instructions_per_cycle", units.NUMBER),
        ("pressure", "some_stall_ms_per_sec", units.STALLED),
        ("sensors", "battery_percent", units.BATTERY),
        ("sensors", "battery_seconds_left", units.SECONDS),
    ],
)
def test_the_unit_is_in_the_name(metric: str, field: str, unit: Unit) -> None:
    assert unit_of(metric, field) is unit


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("total_kwh", "kWh"),
        ("pressure_hpa", "hPa"),
        ("light_lux", "lx"),
        ("co2_ppm", "ppm"),
        ("wifi_dbm", "dBm"),
        ("supply_volts", "V"),
        ("load_amps", "A"),
        ("power_watts", "W"),
        ("energy_wh", "Wh"),
        ("mains_hz", "Hz"),
        ("pool_celsius", "°C"),
        ("oven_fahrenheit", "°F"),
        ("moisture_percent", "%"),
        ("uptime_seconds", "s"),
        ("ping_ms", "ms"),
        ("fan_rpm", "rpm"),
        ("celsius", "°C"),
    ],
)
def test_a_devices_field_says_its_unit_too(field: str, name: str) -> None:
    assert unit_of("greenhouse", field).names[0] == name


def test_an_ending_is_a_whole_word() -> None:
    assert [unit_of("x", field) for field in ("megahertz", "items", "showatts")] == [units.COUNT] * 3


def test_a_name_is_said_without_its_unit() -> None:
    names = ["supply_volts", "battery_percent", "read_iops", "volts"]
    assert [without_unit(name) for name in names] == ["supply", "battery", "read_iops", "volts"]


def test_the_documentation_lists_every_ending() -> None:
    text = (Path(__file__).parents[2] / "docs" / "readings.md").read_text()
    assert [ending for ending in units.ENDINGS if f"`_{ending}`" not in text] == []
