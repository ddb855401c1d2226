"""Tasmota: tele/<topic>/SENSOR, STATE and LWT, and answers on stat/<topic>/. No input or output."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from devices.flatten import flatten, told_time
from devices.names import UNITS, Measure, Names, device_name, measure_of
from devices.rule import Found, Take, about, available, skip
from devices.values import Unusable, decode

_SPECIAL: Mapping[str, Measure | None] = {
    "ld2410_energy": None,  # how strong a radar's echo is, in %
    "wifi_rssi": UNITS["%"],  # a quality; the strength is in Signal
    "wifi_signal": UNITS["dBm"],
    "energy_period": UNITS["Wh"],
    "energy_load": UNITS["%"],
    "apparent_power": None,
    "reactive_power": None,
    "heap": UNITS["KiB"],
}
_NAMES = Names(_SPECIAL)
_ZIGBEE = Names({"power": None, "battery_voltage": UNITS["V"]})
_SWITCH = re.compile(r"POWER\d*")
# To `Status 8`, 10 and 11, with the object in which they are, and what it is called elsewhere.
_ANSWERS = {
    "STATUS8": ("StatusSNS", "sensor"),
    "STATUS10": ("StatusSNS", "sensor"),
    "STATUS11": ("StatusSTS", "state"),
}
_UNIT_FIELDS = ("TempUnit", "PressureUnit", "SpeedUnit")


class Tasmota:
    """A plug, a board of sensors, or a Zigbee bridge of Tasmota's."""

    name = "tasmota"
    facts = ("tasmota/discovery/+/config",)
    filters = ("tele/+/SENSOR", "tele/+/STATE", "tele/+/LWT", "tele/+/+/SENSOR", "stat/+/+", *facts)

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._by_units: dict[tuple[object, object], Names] = {}

    def route(self, levels: Sequence[str]) -> Take | None:
        if levels[:2] == ["tasmota", "discovery"] and levels[-1] == "config":
            return _announced
        if levels[0] == "stat" and len(levels) == 3:
            return self._answer(device_name(levels[1]), levels[2])
        if levels[0] != "tele" or len(levels) not in (3, 4):
            return None
        device, word = device_name("/".join(levels[1:-1])), levels[-1]
        if word == "LWT":
            return available(device)
        if word not in ("SENSOR", "STATE"):
            return None

        def take(payload: bytes) -> list[Found]:
            return self._taken(device, word.lower(), decode(payload))

        return take

    def _answer(self, device: str, word: str) -> Take:
        """A switch says its new state at once, and `Status` asks for what is told every five minutes else."""
        if _SWITCH.fullmatch(word):
            return lambda payload: self._taken(device, "state", {word: decode(payload)})
        if word not in _ANSWERS:
            return skip("it is an answer to a command")
        name, metric = _ANSWERS[word]

        def take(payload: bytes) -> list[Found]:
            content = decode(payload)
            return self._taken(device, metric, content.get(name) if isinstance(content, dict) else content)

        return take

    def _taken(self, device: str, metric: str, content: object) -> list[Found]:
        if not isinstance(content, dict):
            raise Unusable("Tasmota sends objects here, and this is none")
        time, rest = told_time(content, self._zone)
        if isinstance(received := rest.get("ZbReceived"), dict):
            return [
                Found(_named(name, one), "zigbee", flatten(one, _ZIGBEE), time)
                for name, one in received.items()
                if isinstance(one, dict)
            ]
        names = self._names(rest.get("TempUnit"), rest.get("PressureUnit"))
        return [Found(device, metric, flatten(_without(rest), names), time)]

    def _names(self, temperature: object, pressure: object) -> Names:
        """The names for a device that says in which units it measures."""
        key = (str(temperature), str(pressure))
        if key == ("C", "None") or key == ("None", "None"):
            return _NAMES
        if key not in self._by_units:
            degrees, air = measure_of(temperature), measure_of(pressure)
            told = {name: degrees for name in ("temperature", "dew_point") if degrees}
            told |= {name: air for name in ("pressure", "sea_pressure") if air}
            if len(self._by_units) > len(UNITS):
                self._by_units.clear()
            self._by_units[key] = Names({**_SPECIAL, **told})
        return self._by_units[key]


def _announced(payload: bytes) -> list[Found]:
    told = decode(payload)
    if not isinstance(told, dict) or not isinstance(told.get("t"), str):
        raise Unusable("it is no announcement of a Tasmota's")
    return [about(told["t"], name=told.get("dn"), model=told.get("md"), manufacturer="Tasmota")]


def _without(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in _UNIT_FIELDS}


def _named(key: str, one: Mapping[str, Any]) -> str:
    """A Zigbee device goes by the name that it was given."""
    name = one.get("Name")
    return device_name(name if isinstance(name, str) and name.strip() else key)
