"""What devices tell of themselves, for their pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devices.taker import Taker
from tests.devices.taking import readings, taker

ZIGBEE = [
    {
        "friendly_name": "kitchen/window",
        "definition": {"model": "SNZB-04P", "vendor": "SONOFF", "description": "Contact sensor"},
    },
    {"friendly_name": "Coordinator", "definition": None},
]
TASMOTA = {"dn": "Kettle", "t": "plug_kettle", "md": "Nous A1T", "mac": "A1B2C3D4E5F6"}
ANNOUNCED = {
    "name": "Temperature",
    "state_topic": "attic/sensor/temperature/state",
    "unit_of_measurement": "°C",
    "dev": {"ids": "1", "name": "attic", "mdl": "esp32dev", "mf": "espressif", "sa": "Attic"},
}


def told(takes: Taker) -> dict[str, Any]:
    """What is said of devices now, by name."""
    return {one.topic.split("/")[1]: json.loads(one.payload) for one in takes.introductions()}


@pytest.mark.parametrize(
    ("preset", "topic", "about", "message", "payload", "expected"),
    [
        (
            "zigbee2mqtt",
            "zigbee2mqtt/bridge/devices",
            ZIGBEE,
            "zigbee2mqtt/kitchen/window",
            '{"contact": false}',
            {"name": "window", "model": "SNZB-04P", "manufacturer": "SONOFF", "tags": {"room": "kitchen"}},
        ),
        (
            "tasmota",
            "tasmota/discovery/A1B2C3D4E5F6/config",
            TASMOTA,
            "tele/plug_kettle/STATE",
            '{"POWER": "ON"}',
            {"name": "Kettle", "model": "Nous A1T", "manufacturer": "Tasmota"},
        ),
        (
            "shelly",
            "shellies/shellyplug-s-1/announce",
            {"id": "shellyplug-s-1", "model": "SHPLG-S"},
            "shellies/shellyplug-s-1/relay/0/power",
            "12.5",
            {"model": "SHPLG-S", "manufacturer": "Shelly"},
        ),
        (
            "homeassistant",
            "homeassistant/sensor/attic/temperature/config",
            ANNOUNCED,
            "attic/sensor/temperature/state",
            "21.5",
            {"name": "attic", "model": "esp32dev", "manufacturer": "espressif", "tags": {"room": "Attic"}},
        ),
    ],
)
def test_a_device_is_introduced_with_what_is_known_of_it(
    preset: str, topic: str, about: Any, message: str, payload: str, expected: dict[str, Any]
) -> None:
    takes = taker(preset)
    readings(takes, topic, json.dumps(about), retained=True)
    assert told(takes) == {}
    readings(takes, message, payload)
    (found,) = told(takes).values()
    assert found == {"source": preset, **expected}
    assert told(takes) == {}


def test_what_changes_is_told_again() -> None:
    takes = taker("tasmota")
    readings(takes, "tele/plug_kettle/STATE", '{"POWER": "ON"}')
    assert told(takes) == {"plug_kettle": {"source": "tasmota"}}
    readings(takes, "tasmota/discovery/A1B2C3D4E5F6/config", json.dumps(TASMOTA))
    assert told(takes)["plug_kettle"]["model"] == "Nous A1T"


def test_who_takes_over_knows_the_devices() -> None:
    before, after = taker("tasmota", "shelly"), taker("tasmota")
    readings(before, "tele/a/STATE", '{"POWER": "ON"}')
    readings(before, "b/status/switch:0", '{"output": true}')
    after.follow(before)
    assert after.devices() == {"a": "tasmota"}
    assert list(told(after)) == ["a"]
