"""The user's own rules, in devices.toml of the data folder. No input or output.

[[mapping]]
topic = "garden/{device}/soil"     # {device} and {metric} name what they stand for; + and # are taken too
path = "data.0.moist"              # where the value is in an object; without: all of it
field = "moisture"
unit = "%"
scale = 0.1
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Literal

import msgspec
from msgspec import Struct

from devices.counters import rate_of
from devices.flatten import flatten, keep, told_time
from devices.names import Measure, Name, Names, device_name, measure_of, metric_name, named, plain
from devices.rule import Found, Take, value_name
from devices.values import Unusable, Value, decode, is_word
from perfwatch.errors import SettingError
from perfwatch.settings import DEVICES_FILE as FILE

_PART = re.compile(r"\{(\w*)\}")
_NAMES = Names()

Kind = Literal["any", "number", "counter", "state"]


class Declared(Struct, forbid_unknown_fields=True):
    """One `[[mapping]]`. `device` and `metric` are for topics that do not name them."""

    topic: str
    device: str = ""
    metric: str = ""
    path: str = ""
    field: str = ""
    unit: str = ""
    scale: float = 1
    kind: Kind = "any"


class Mapping:
    """One rule of the user's. Raises SettingError when it cannot be one."""

    facts = ()

    def __init__(self, declared: Declared, zone: tzinfo | None, place: int = 1) -> None:
        self.name = f"mapping {place}"
        self._declared = declared
        self._zone = zone
        self.filters = (_PART.sub("+", declared.topic),)
        self._pattern = self._compiled()
        self._measure = self._measured()

    def route(self, levels: Sequence[str]) -> Take | None:
        found = self._pattern.fullmatch("/".join(levels))
        if found is None:
            return None
        parts, declared = found.groupdict(), self._declared
        device = device_name(declared.device or parts.get("device") or levels[0])
        rest = (parts.get("rest") or levels[-1]).split("/")  # all levels that a last # stands for
        told = declared.metric or parts.get("metric")
        metric = metric_name(*([told] if told else rest))
        return lambda payload: [self._reading(device, metric, decode(payload))]

    def _reading(self, device: str, metric: str, content: object) -> Found:
        declared = self._declared
        time, rest = told_time(content, self._zone) if isinstance(content, dict) else (None, content)
        value = _at(rest, declared.path)
        if isinstance(value, dict | list) and not declared.field:
            return Found(
                device, metric, flatten(value if isinstance(value, dict) else {"value": value}, _NAMES), time
            )
        fields: dict[str, Value] = {}
        name = self._name(metric)
        keep(fields, name, self._checked(value))
        counters = {name.full: rate_of(name.full)} if declared.kind == "counter" else None
        return Found(device, metric, fields, time, counters=counters)

    def _name(self, metric: str) -> Name:
        field = plain(self._declared.field)
        if self._measure:
            name = named(field or "value", self._measure)
        else:
            name = _NAMES.of((field,)) if field else value_name(metric, _NAMES)
        return name._replace(scale=name.scale * self._declared.scale)

    def _checked(self, value: object) -> object:
        is_state = isinstance(value, bool) or (isinstance(value, str) and is_word(value))
        if isinstance(value, dict | list):
            raise Unusable("there is an object at its path, and a mapping with a field wants one value")
        if (self._declared.kind in ("number", "counter") and is_state) or (
            self._declared.kind == "state" and not is_state
        ):
            raise Unusable(f"{value!r} is no {self._declared.kind}")
        return value

    def _compiled(self) -> re.Pattern[str]:
        declared = self._declared
        levels = declared.topic.split("/")
        names = _PART.findall(declared.topic)
        wild = any(sign in level and level != sign for level in levels for sign in "+#{" if "{" not in level)
        last = "#" in levels[:-1]
        whole = all(_PART.fullmatch(level) for level in levels if "{" in level or "}" in level)
        known = set(names) <= {"device", "metric"} and len(set(names)) == len(names)
        if not declared.topic or wild or last or not whole or not known:
            raise _wrong(
                self.name, "topic", declared.topic, "levels like garden/{device}/{metric}, + or a last #"
            )
        return re.compile("/".join(map(_level, levels)).replace("/.*", "(/(?P<rest>.*))?"))

    def _measured(self) -> Measure | None:
        unit = self._declared.unit
        if unit and measure_of(unit) is None:
            raise _wrong(self.name, "unit", unit, "a unit that is known, as °C, %, W, kWh, lx, ppm, V or hPa")
        return measure_of(unit)


def made(tables: Sequence[dict[str, Any]], zone: tzinfo | None) -> list[Mapping]:
    """The mappings that a file has as tables. Raises SettingError."""
    return [Mapping(_declared(table, place), zone, place) for place, table in enumerate(tables, 1)]


def _declared(table: dict[str, Any], place: int) -> Declared:
    try:
        return msgspec.convert(table, Declared)
    except msgspec.ValidationError as exc:
        raise SettingError(f"{FILE}, mapping {place}", f"cannot be used: {exc}") from exc


def _level(level: str) -> str:
    if part := _PART.fullmatch(level):
        return rf"(?P<{part[1]}>[^/]+)"
    return {"+": "[^/]+", "#": ".*"}.get(level, re.escape(level))


def _at(content: Any, path: str) -> Any:
    """The value at `a.b.0`. Raises Unusable when there is none."""
    for step in filter(None, path.split(".")):
        try:
            content = content[int(step)] if isinstance(content, list) else content[step]
        except (LookupError, TypeError, ValueError) as exc:
            raise Unusable(f"there is nothing at {path}") from exc
    return content


def _wrong(mapping: str, name: str, value: str, expected: str) -> SettingError:
    return SettingError(f"{FILE}, {mapping}, {name}", f"must be {expected}", value)
