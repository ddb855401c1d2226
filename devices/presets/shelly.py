"""Shelly: scalars of the first generation, components of the second and later. No input or output.

shellies/<id>/relay/0/power, …/sensor/temperature       Gen1, plain text
<id>/status/switch:0, <id>/events/rpc, <id>/online       Gen2 and later; <id> may begin with shellies/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from devices.flatten import flatten
from devices.names import UNITS, Measure, Names, device_name, metric_name
from devices.rule import Found, Take, about, available, found, one, skip
from devices.values import Unusable, decode, moment

_WATT_MINUTES = Measure("kwh", 1 / 60_000)

_GEN1 = Names(
    {
        "energy": _WATT_MINUTES,
        "returned_energy": _WATT_MINUTES,
        "total": UNITS["Wh"],
        "total_returned": UNITS["Wh"],
        "reactive_power": None,
        "lux": UNITS["lx"],
        "bat": UNITS["%"],
    }
)
# `aenergy.total` counts Wh; `by_minute` is what the total is made of, in mWh.
_GEN2 = Names(
    {
        "apower": UNITS["W"],
        "act_power": UNITS["W"],
        "aprt_power": None,
        "aenergy_total": UNITS["Wh"],
        "total_act": UNITS["Wh"],
        "total_act_ret": UNITS["Wh"],
        "act_energy": UNITS["Wh"],
        "ret_energy": UNITS["Wh"],
        "freq": UNITS["Hz"],
        "target_c": UNITS["°C"],
    }
)
_RENAMED = {"rh": "humidity", "V": "voltage", "current_C": "temperature"}
_LEFT_OUT = ("id", "by_minute", "minute_ts", "errors", "flags", "tF", "last_updated_ts", "last_update_ts")

_COMPONENT = re.compile(r"[a-z][a-z0-9_]*(:\d+)?")
_FIRST = "shellies"


class Shelly:
    """Gen1 devices below shellies/, Gen2 and later by the shape of their topics."""

    name = "shelly"
    filters = (
        f"{_FIRST}/#",
        "+/status/+",
        "+/events/rpc",
        "+/online",
    )
    facts = ()

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone

    def route(self, levels: Sequence[str]) -> Take | None:
        below = levels[1:] if levels[0] == _FIRST else levels
        if len(below) < 2:
            return skip("it tells of all Shellies") if levels[0] == _FIRST else None
        device, *rest = below
        second = self._second(device, rest)
        if second is not None or levels[0] != _FIRST:
            return second
        return self._first(device, rest)

    def _second(self, device: str, rest: Sequence[str]) -> Take | None:
        match rest:
            case ["online"]:
                return available(device)
            case ["events", "rpc"]:
                named = device_name(device)
                return lambda payload: self._notified(named, decode(payload))
            case ["status", component] if _COMPONENT.fullmatch(component):
                named = device_name(device)
                return lambda payload: [self._component(named, component, decode(payload))]
        return None

    def _first(self, device: str, rest: Sequence[str]) -> Take:
        if rest == ["announce"]:
            return lambda payload: _announced(device, decode(payload))
        if rest[-1] in ("command", "announce", "info", "set") or rest[0] == "input_event":
            return skip("it is a command or an announcement")
        return one(device, "_".join(_without_group(rest)), _GEN1, self._zone)

    def _component(self, device: str, name: str, content: object) -> Found:
        if not isinstance(content, dict):
            raise Unusable("a Shelly sends an object here, and this is none")
        return Found(device, metric_name(name), flatten(_kept(content), _GEN2))

    def _notified(self, device: str, content: object) -> list[Found]:
        content = content if isinstance(content, dict) else {}
        params = content.get("params")
        if not isinstance(params, dict) or not str(content.get("method")).startswith("Notify"):
            raise Unusable("it is an answer, and no notice of a Shelly's state")
        time = moment(params.get("ts"), self._zone)
        return [
            found(device, metric_name(name), _kept(part), _GEN2, self._zone)._replace(time=time)
            for name, part in params.items()
            if isinstance(part, dict)
        ]


def _announced(device: str, told: object) -> list[Found]:
    model = told.get("model") if isinstance(told, dict) else None
    return [about(device, model=model, manufacturer="Shelly")]


def _without_group(rest: Sequence[str]) -> Sequence[str]:
    return rest[1:] if rest[0] == "sensor" and len(rest) > 1 else rest


def _kept(content: Mapping[str, Any], owner: str = "") -> dict[str, Any]:
    """A component's state, in words that say what they are, without what tells of the telling."""
    return {
        _renamed(name, owner): _kept(value, name) if isinstance(value, dict) else value
        for name, value in content.items()
        if name not in _LEFT_OUT
    }


def _renamed(name: str, owner: str) -> str:
    if name == "tC":
        return "celsius" if owner == "temperature" else "temperature"
    return _RENAMED.get(name, name)
