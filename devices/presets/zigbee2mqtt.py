"""Zigbee2MQTT: zigbee2mqtt/<friendly name>, whose name may have several levels. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from devices.names import Name, Names, device_name, metric_name
from devices.rule import Found, Take, available, found, skip
from devices.values import decode

NAMES = Names()
_BASE = "zigbee2mqtt"
_COMMANDS = ("set", "get")
_ABOUT_FIRMWARE = ("update", "update_available", "device")

# A battery's voltage is in mV, the mains' in V.
_LEAST_MILLIVOLTS = 1000
_MILLIVOLTS = Name("voltage", "voltage", 0.001)


class Zigbee2Mqtt:
    """Devices, groups and their availability; nothing of the bridge itself."""

    name = "zigbee2mqtt"
    filters = (f"{_BASE}/#",)
    facts = ()

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def route(self, levels: Sequence[str]) -> Take | None:
        if levels[0] != _BASE or len(levels) < 2:
            return None
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


def _measured(content: dict[str, object]) -> dict[str, object]:
    """What a device measured, its battery's voltage in volts too."""
    kept = {name: value for name, value in content.items() if name not in _ABOUT_FIRMWARE}
    voltage = kept.get("voltage")
    if isinstance(voltage, int | float) and voltage >= _LEAST_MILLIVOLTS:
        kept["voltage"] = _MILLIVOLTS.scaled(voltage)
    return kept
