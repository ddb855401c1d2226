"""Homie 4 and 5: homie/<device>/<node>/<property>, and homie/5/… with one description. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from devices.flatten import keep
from devices.names import Measure, Names, device_name, measure_of, metric_name, named
from devices.rule import Found, Take, skip, value_name
from devices.values import Unusable, Value, decode

_BASE = "homie"
_NAMES = Names()
_MAX_UNITS = 20_000

# Homie 4 has seven states, of which these mean that the device works.
_WELL = ("ready", "sleeping", "alert")

_Property = tuple[str, str, str]


class Homie:
    """Properties, in the units that the devices announce."""

    name = "homie"
    filters = (
        f"{_BASE}/+/$state",
        f"{_BASE}/+/+/+",
        f"{_BASE}/+/+/+/$unit",
        f"{_BASE}/5/+/$state",
        f"{_BASE}/5/+/$description",
        f"{_BASE}/5/+/+/+",
    )
    facts = (f"{_BASE}/+/+/+/$unit", f"{_BASE}/5/+/$description")

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._units: dict[_Property, Measure | None] = {}

    def route(self, levels: Sequence[str]) -> Take | None:
        if levels[0] != _BASE:
            return None
        below = list(levels[2:] if levels[1:2] == ["5"] else levels[1:])
        match below:
            case [device, "$state"]:
                return lambda payload: [_state(device, decode(payload))]
            case [device, "$description"]:
                return lambda payload: self._describe(device, decode(payload))
            case [device, node, name, "$unit"]:
                return lambda payload: self._learn((device, node, name), decode(payload))
            case [device, node, name] if not any(word.startswith("$") for word in (node, name)):
                return lambda payload: [self._value((device, node, name), decode(payload))]
        return skip("it describes a device, or is a command")

    def _value(self, place: _Property, content: object) -> Found:
        device, node, name = place
        metric = metric_name(node, name)
        told = self._units.get(place)
        fields: dict[str, Value] = {}
        keep(fields, named("value", told) if told else value_name(name, _NAMES), content)
        return Found(device_name(device), metric, fields)

    def _learn(self, place: _Property, unit: object) -> list[Found]:
        if len(self._units) >= _MAX_UNITS:
            raise Unusable(f"{_MAX_UNITS:,} properties with units are known, and no more are taken")
        self._units[place] = measure_of(unit)
        return []

    def _describe(self, device: str, content: object) -> list[Found]:
        for node, name, one in _properties(content):
            self._learn((device, node, name), one.get("unit"))
        return []


def _properties(content: object) -> list[tuple[str, str, dict[str, object]]]:
    nodes = content.get("nodes") if isinstance(content, dict) else None
    return [
        (node, name, one)
        for node, about in (nodes.items() if isinstance(nodes, dict) else ())
        if isinstance(about, dict) and isinstance(about.get("properties"), dict)
        for name, one in about["properties"].items()
        if isinstance(one, dict)
    ]


def _state(device: str, told: object) -> Found:
    fields: dict[str, Value] = {"available": int(told in _WELL), "available_text": str(told)[:20]}
    return Found(device_name(device), "availability", fields)
