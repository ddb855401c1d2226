"""Whatever announces itself to Home Assistant. No input or output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from devices.counters import rate_of
from devices.discovery.config import Entity, read
from devices.discovery.known import Known
from devices.flatten import keep, told_time
from devices.names import Name, Names, metric_name, named
from devices.rule import Found, Take, skip
from devices.values import MAX_TEXT, NotOurs, Unusable, Value, decode
from perfwatch.topics import Prefixes

MAX_CONFIGS = 10_000
OWN = "perfwatch_"

_NAMES = Names()
# A door's `contact` is true when it is closed: these words would say the opposite of the number.
_UNTOLD = ("True", "False", "true", "false", "1", "0")
_GENERIC = frozenset(["state", "stat", "tele", "status", "sensor", "value", "get"])


class HomeAssistant:
    """Entities by the topic of their state; those of one device and topic are one reading."""

    name = "homeassistant"

    def __init__(self, zone: tzinfo | None, prefixes: Prefixes) -> None:
        self._zone = zone
        self._prefix = prefixes.discovery.split("/")
        self._ours = (f"{prefixes.topics}/", f"{prefixes.topics}-")
        self._known = Known()
        self._online: dict[str, dict[str, bool]] = {}

    @property
    def filters(self) -> Sequence[str]:
        return [*self.facts, *self._known.filters]

    @property
    def facts(self) -> Sequence[str]:
        base = "/".join(self._prefix)
        return [f"{base}/+/+/config", f"{base}/+/+/+/config"]

    def route(self, levels: Sequence[str]) -> Take | None:
        topic = "/".join(levels)
        depth = len(self._prefix)
        if list(levels[:depth]) == self._prefix and levels[-1] == "config" and len(levels) - depth in (3, 4):
            if levels[depth + 1].startswith(OWN):
                return skip("PerfWatch announces its own hosts there")
            return lambda payload: self._announced(topic, levels[depth:-1], payload)
        if self._is_announced(topic):
            return lambda payload: self._state(topic, payload)
        return None

    def _is_announced(self, topic: str) -> bool:
        """Not what is a reading already, as what we make of others: a filter may match it."""
        return not topic.startswith(self._ours) and bool(self._known.topics(topic))

    def _announced(self, topic: str, levels: Sequence[str], payload: bytes) -> list[Found]:
        if not payload:
            self._known.forget(topic)
            return []
        if len(self._known) >= MAX_CONFIGS and topic not in self._known:
            raise Unusable(f"it is one more than the {MAX_CONFIGS:,} announcements that are taken")
        told = read(levels, decode(payload))
        self._known.put(topic, told)
        if told.refused:
            raise Unusable(told.refused[0])  # once what can be used is known
        return told.abouts

    def _state(self, topic: str, payload: bytes) -> list[Found]:
        """A reading of each device; only when there is none at all, why not."""
        content = decode(payload)
        time = told_time(content, self._zone)[0] if isinstance(content, dict) else None
        by_device: dict[tuple[str, str], list[Entity]] = {}
        for one in self._known.entities(topic):
            by_device.setdefault((one.device, one.state_topic), []).append(one)
        found: list[Found] = []
        reasons: list[Unusable] = []
        for (device, announced), entities in by_device.items():
            fields = _fields(entities, payload, content, reasons)
            counting = {name: rate_of(name) for name in (_name(one).full for one in entities if one.counts)}
            if fields:
                found.append(Found(device, _metric(announced, device), fields, time, counters=counting))
        found += self._present(topic, payload, reasons)
        if reasons and not found:
            raise next((one for one in reasons if not isinstance(one, NotOurs)), reasons[0])
        return found

    def _present(self, topic: str, payload: bytes, reasons: list[Unusable]) -> list[Found]:
        found = {}
        for one in self._known.presences(topic):
            try:
                text = one.template(payload) if one.template else payload.decode().strip()
            except Unusable as exc:
                reasons.append(exc)
                continue
            known = self._online.setdefault(one.device, {})
            known[topic] = text == one.online
            here = {"all": all(known.values()), "any": any(known.values())}.get(one.mode, known[topic])
            found[one.device] = Found(one.device, "availability", {"available": int(here)})
        return list(found.values())


def _fields(
    entities: Iterable[Entity], payload: bytes, content: object, reasons: list[Unusable]
) -> dict[str, Value]:
    """The values of a device's entities; one that cannot be had adds a reason, and spoils no other."""
    fields: dict[str, Value] = {}
    for one in entities:
        try:
            text = one.template(payload) if one.template else _plain(content, payload)
        except Unusable as exc:
            reasons.append(exc)
        else:
            _keep(fields, one, text)
    return fields


def _plain(content: object, payload: bytes) -> str:
    """The payload itself; of an object, as lights send it, the state."""
    return str(content.get("state", "")) if isinstance(content, dict) else payload.decode().strip()


def _name(one: Entity) -> Name:
    return named(one.field, one.measure) if one.measure else _NAMES.of((one.field,))


def _keep(fields: dict[str, Value], one: Entity, text: str) -> None:
    if text == "":
        return
    name = _name(one)
    if name.bare in fields or name.full in fields:
        return
    if one.on is not None and text in (one.on, one.off):
        fields[name.bare] = int(text == one.on)
        if text not in _UNTOLD:
            fields[f"{name.bare}_text"] = text[:MAX_TEXT]
    else:
        keep(fields, _bare(name) if one.on is not None else name, text)


def _bare(name: Name) -> Name:
    return Name(name.bare, name.bare)


def _metric(topic: str, device: str) -> str:
    """The words of the topic that say more than the device's name does."""
    left_out = (*_GENERIC, "+", "#")
    levels = [level for level in topic.split("/") if level.lower() not in left_out and level != device]
    return metric_name(*(levels or topic.split("/")[-1:]))
