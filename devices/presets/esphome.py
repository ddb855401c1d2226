"""ESPHome: <node>/<component>/<id>/state. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from devices.names import UNITS, Names
from devices.rule import Take, available, one

_TARGETS = dict.fromkeys(("target_temperature_low", "target_temperature_high"), UNITS["°C"])
_NAMES = Names({"wifi_signal": None, **_TARGETS})
_COMPONENTS = ("sensor", "binary_sensor", "switch", "number", "light", "fan", "lock", "cover", "valve")
# A cover's position, a fan's speed_level, what a thermostat measures and aims for.
_WITH_PARTS = ("climate", "cover", "fan", "valve")


class EspHome:
    """Whatever has a state that is a number or a word; not what is text only."""

    name = "esphome"
    filters = (
        *(f"+/{component}/+/state" for component in _COMPONENTS),
        *(f"+/{component}/+/+/state" for component in _WITH_PARTS),
        "+/status",
    )
    facts = ()

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def route(self, levels: Sequence[str]) -> Take | None:
        match levels:
            case [node, "status"]:
                return available(node)
            case [node, component, name, "state"] if component in _COMPONENTS:
                return one(node, name, _NAMES, self._zone)
            case [node, component, name, value, "state"] if component in _WITH_PARTS:
                return one(node, f"{name}_{value}", _NAMES, self._zone)
        return None
