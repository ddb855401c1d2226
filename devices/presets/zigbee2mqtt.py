"""Zigbee2MQTT: zigbee2mqtt/<friendly name>, whose name may have several levels. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import msgspec
from msgspec import Struct

from devices.names import Name, Names, device_name, metric_name
from devices.rule import Found, Take, about, available, found, skip
from devices.values import Unusable, decode
from perfwatch.readings.codec import UNREADABLE

NAMES = Names()
_BASE = "zigbee2mqtt"
_COMMANDS = ("set", "get")
_ABOUT_FIRMWARE = ("update", "update_available", "device")

# A battery's voltage is in mV, the mains' in V.
_LEAST_MILLIVOLTS = 1000
_MILLIVOLTS = Name("voltage", "voltage", 0.001)


class _Definition(Struct):
    model: str = ""
    vendor: str = ""


class _Device(Struct):
    friendly_name: str
    definition: _Definition | None = None


_devices = msgspec.json.Decoder(list[_Device])


class Zigbee2Mqtt:
    """Devices, groups and their availability; nothing of the bridge itself."""

    name = "zigbee2mqtt"
    filters = (f"{_BASE}/#",)
    facts = (f"{_BASE}/bridge/devices",)

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def route(self, levels: Sequence[str]) -> Take | None:
        if levels[0] != _BASE or len(levels) < 2:
            return None
        if levels[1:] == ["bridge", "devices"]:
            return _known
        if levels[1] == "bridge":
            return skip("it tells of Zigbee2MQTT itself, not of a device")
        if len(levels) > 2 and any(word in levels[2:4] for word in _COMMANDS):
            return skip("it is a command to a device")
        if len(levels) > 2 and levels[-1] == "availability":
            return available("/".join(levels[1:-1]))
        return lambda payload: [self._found(levels[1:], decode(payload))]

    def _found(self, name: Sequence[str], content: object) -> Found:
        if isinstance(content, dict):
            return found(device_name("/".join(name)), "zigbee", _measured(content), NAMES, self._zone)
        # With `output: attribute` each value has a topic of its own below the name.
        *device, value = name if len(name) > 1 else (*name, "value")
        return found(device_name("/".join(device)), metric_name(value), content, NAMES, self._zone)


def _known(payload: bytes) -> list[Found]:
    """What the bridge knows of its devices: longer than any device's message."""
    try:
        known = _devices.decode(payload)
    except UNREADABLE as exc:
        raise Unusable(f"it is no list of Zigbee2MQTT's devices: {exc}") from exc
    return [_about(one) for one in known if one.friendly_name.strip()]


def _about(one: _Device) -> Found:
    """`kitchen/lamp` is how one names a device by its room."""
    room = one.friendly_name.split("/")[0] if "/" in one.friendly_name else None
    model = one.definition or _Definition()
    name = one.friendly_name
    return about(name, room, name=name.rpartition("/")[2], model=model.model, manufacturer=model.vendor)


def _measured(content: dict[str, object]) -> dict[str, object]:
    """What a device measured, its battery's voltage in volts too."""
    kept = {name: value for name, value in content.items() if name not in _ABOUT_FIRMWARE}
    voltage = kept.get("voltage")
    if isinstance(voltage, int | float) and voltage >= _LEAST_MILLIVOLTS:
        kept["voltage"] = _MILLIVOLTS.scaled(voltage)
    return kept
