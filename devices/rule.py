"""What a rule is: it says which topics it takes, and what their messages become. No input or output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple, Protocol, TypeAlias

from devices.counters import Counters
from devices.flatten import flatten, keep, told_time
from devices.names import Name, Names, device_name, metric_name
from devices.values import MAX_TEXT, NotOurs, Value, decode
from perfwatch.units import without_unit

# Not a reading: what a device tells of itself. No reading is called so (names.py).
ABOUT = "info"


class Found(NamedTuple):
    """One reading of a device. `time` is its own, None where it tells none.

    `late` says that the device kept it until now: there may have been newer ones. `counters` are the fields
    that only ever increase; None leaves it to their names.
    """

    device: str
    metric: str
    fields: dict[str, Value]
    time: datetime | None = None
    late: bool = False
    counters: Counters | None = None


Take: TypeAlias = Callable[[bytes], list[Found]]
"""Makes readings of a payload: none, when it only tells of a device. Raises Unusable."""


class Rule(Protocol):
    """One preset, or one mapping of the user's. `filters` are what to subscribe to."""

    @property
    def name(self) -> str: ...

    @property
    def filters(self) -> Sequence[str]:
        """More of them may come with what is taken."""

    @property
    def facts(self) -> Sequence[str]:
        """Those of them on which devices tell of themselves, retained: they are read before all else."""

    def route(self, levels: Sequence[str]) -> Take | None:
        """How to take messages of that topic; None when it is not for this rule. Raises Unusable."""


def one(device: str, metric: str, names: Names, zone: tzinfo | None) -> Take:
    """Takes an object as its fields, and anything else as `value`, in the unit that `metric` tells."""
    device, metric = device_name(device), metric_name(metric)

    def take(payload: bytes) -> list[Found]:
        return [found(device, metric, decode(payload), names, zone)]

    return take


def found(device: str, metric: str, content: object, names: Names, zone: tzinfo | None) -> Found:
    """A reading of decoded content."""
    if isinstance(content, dict):
        time, rest = told_time(content, zone)
        return Found(device, metric, flatten(rest, names), time)
    if isinstance(content, list):
        return Found(device, metric, flatten({"value": content}, names))
    fields: dict[str, Value] = {}
    keep(fields, value_name(metric, names), content)
    return Found(device, metric, fields)


def value_name(metric: str, names: Names) -> Name:
    """What the only value of a topic is called: `value`, with the unit that the topic's name implies."""
    name = names.of((metric,))
    ending = name.full.removeprefix(name.bare)
    if not ending.startswith("_"):
        ending = name.full[len(without_unit(name.full)) :]
    return Name("value", f"value{ending}", name.scale)


def available(device: str) -> Take:
    """Takes `online`, `true` or {"state": "online"} as whether a device can be reached."""
    device = device_name(device)

    def take(payload: bytes) -> list[Found]:
        content = decode(payload)
        told = content.get("state") if isinstance(content, dict) else content
        fields: dict[str, Value] = {}
        keep(fields, Name("available", "available"), told)
        return [Found(device, "availability", fields)]

    return take


def about(device: str, room: object = None, **facts: object) -> Found:
    """What is known of a device: its name, model and manufacturer, and the room that it is in."""
    told: dict[str, Value] = {
        name: value.strip()[:MAX_TEXT]
        for name, value in {**facts, "room": room}.items()
        if isinstance(value, str) and value.strip()
    }
    return Found(device_name(device), ABOUT, told)


def skip(reason: str) -> Take:
    """Takes nothing, and says why."""

    def take(payload: bytes) -> list[Found]:
        raise NotOurs(reason)

    return take
