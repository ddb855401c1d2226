"""Real payloads of real devices, and what each becomes. They are taken in the order of their file."""

from __future__ import annotations

from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from devices.values import Unusable
from perfwatch.units import unit_of
from tests.devices.taking import readings, taker

SHAPES = {
    path.stem: msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
    for path in sorted((Path(__file__).parent / "shapes").glob("*.json"))
}
EACH = [(preset, place) for preset, shapes in SHAPES.items() for place in range(len(shapes))]


@cache
def outcomes(preset: str) -> list[dict[str, Any] | str]:
    takes = taker(preset)
    return [outcome(takes, shape) for shape in SHAPES[preset]]


def payload_of(shape: dict[str, Any]) -> bytes:
    return b64decode(shape["base64"]) if "base64" in shape else shape["payload"].encode()


def outcome(takes: Any, shape: dict[str, Any]) -> dict[str, Any] | str:
    try:
        return readings(takes, shape["topic"], payload_of(shape))
    except Unusable as reason:
        return str(reason)


@pytest.mark.parametrize(
    ("preset", "place"), EACH, ids=lambda value: value if isinstance(value, str) else str(value)
)
def test_a_message_becomes_the_reading_that_was_written_down(preset: str, place: int) -> None:
    shape = SHAPES[preset][place]
    assert outcomes(preset)[place] == shape.get("readings", shape.get("refused")), shape["topic"]


def test_there_are_enough_of_them_and_each_says_where_it_is_from() -> None:
    shapes = [shape for each in SHAPES.values() for shape in each]
    assert len(shapes) >= 60
    assert all(shape["source"] for shape in shapes)


@pytest.mark.parametrize(
    ("metric", "field", "unit"),
    [
        ("zigbee", "temperature_celsius", "°C"),
        ("zigbee", "humidity_percent", "%"),
        ("zigbee", "battery_percent", "%"),
        ("zigbee", "voltage_volts", "V"),
        ("sensor", "energy_power_watts", "W"),
        ("sensor", "energy_total_kwh", "kWh"),
        ("sensor", "energy_current_amperes", "A"),
        ("state", "wifi_signal_dbm", "dBm"),
        ("switch_0", "freq_hz", "Hz"),
        ("temperature", "value_celsius", "°C"),
    ],
)
def test_the_names_say_their_units(metric: str, field: str, unit: str) -> None:
    assert unit_of(metric, field).names[0] == unit


def test_no_word_is_where_another_message_has_a_number() -> None:
    kinds: dict[tuple[str, str], set[type]] = {}
    for each in EACH:
        found = outcomes(each[0])[each[1]]
        for fields in found.values() if isinstance(found, dict) else ():
            for name, value in fields.items():
                kinds.setdefault((each[0], name), set()).add(str if isinstance(value, str) else float)
    assert [name for name, types in kinds.items() if len(types) > 1] == []
