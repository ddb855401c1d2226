"""Whatever announces itself to Home Assistant. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from devices.discovery.config import Entity, Presence, read
from devices.discovery.template import render
from devices.flatten import keep, told_time
from devices.names import Name, Names, metric_name, named
from devices.rule import Found, Take, skip
from devices.values import MAX_TEXT, Unusable, Value, decode
from perfwatch.topics import DEFAULT_DISCOVERY

MAX_CONFIGS = 10_000
OWN = "perfwatch_"

_NAMES = Names()
# A door's `contact` is true when it is closed: these words would say the opposite of the number.
_UNTOLD = ("True", "False", "true", "false", "1", "0")
_GENERIC = frozenset(["state", "stat", "tele", "status", "sensor", "value", "get"])


class HomeAssistant:
    """Entities by the topic of their state; those of one device and topic are one reading."""

    name = "homeassistant"

    def __init__(self, zone: tzinfo | None, prefix: str = DEFAULT_DISCOVERY) -> None:
        self._zone = zone
        self._prefix = prefix.split("/")
        self._configs: dict[str, list[tuple[str, str]]] = {}
        self._entities: dict[str, dict[str, list[Entity]]] = {}
        self._presences: dict[str, dict[str, list[Presence]]] = {}
        self._online: dict[str, dict[str, bool]] = {}

    @property
    def filters(self) -> Sequence[str]:
        return [*self.facts, *self._entities, *self._presences]

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
        if topic in self._entities or topic in self._presences:
            return lambda payload: self._state(topic, payload)
        return None

    def forget(self, topic: str) -> None:
        """What that discovery message announced is no longer there."""
        for kind, of in self._configs.pop(topic, ()):
            known = self._entities if kind == "entity" else self._presences
            known[of].pop(topic, None)
            if not known[of]:
                del known[of]

    def _announced(self, topic: str, levels: Sequence[str], payload: bytes) -> list[Found]:
        if not payload:
            self.forget(topic)
            return []
        if len(self._configs) >= MAX_CONFIGS and topic not in self._configs:
            raise Unusable(f"it is one more than the {MAX_CONFIGS:,} announcements that are taken")
        told = read(levels, decode(payload))
        self.forget(topic)
        places: list[tuple[str, str]] = []
        for entity in told.entities:
            self._entities.setdefault(entity.state_topic, {}).setdefault(topic, []).append(entity)
            places.append(("entity", entity.state_topic))
        for presence in told.presences:
            self._presences.setdefault(presence.topic, {}).setdefault(topic, []).append(presence)
            places.append(("presence", presence.topic))
        self._configs[topic] = list(dict.fromkeys(places))
        return told.abouts

    def _state(self, topic: str, payload: bytes) -> list[Found]:
        content = decode(payload)
        time = told_time(content, self._zone)[0] if isinstance(content, dict) else None
        entities = [one for each in self._entities.get(topic, {}).values() for one in each]
        by_device: dict[str, list[Entity]] = {}
        for one in entities:
            by_device.setdefault(one.device, []).append(one)
        return [
            *(
                self._reading(topic, device, ones, payload, content, time)
                for device, ones in by_device.items()
            ),
            *self._present(topic, payload),
        ]

    def _reading(
        self,
        topic: str,
        device: str,
        entities: list[Entity],
        payload: bytes,
        content: object,
        time: datetime | None,
    ) -> Found:
        fields: dict[str, Value] = {}
        reasons = []
        for one in entities:
            try:
                _keep(
                    fields, one, render(one.template, payload) if one.template else _plain(content, payload)
                )
            except Unusable as exc:
                reasons.append(str(exc))  # the others of this message are none the worse
        if not fields and reasons:
            raise Unusable(reasons[0])
        return Found(device, _metric(topic, device), fields, time)

    def _present(self, topic: str, payload: bytes) -> list[Found]:
        found = {}
        for one in (one for each in self._presences.get(topic, {}).values() for one in each):
            text = render(one.template, payload) if one.template else payload.decode().strip()
            known = self._online.setdefault(one.device, {})
            known[topic] = text == one.online
            here = {"all": all(known.values()), "any": any(known.values())}.get(one.mode, known[topic])
            found[one.device] = Found(one.device, "availability", {"available": int(here)})
        return list(found.values())


def _plain(content: object, payload: bytes) -> str:
    """The payload itself; of an object, as lights send it, the state."""
    return str(content.get("state", "")) if isinstance(content, dict) else payload.decode().strip()


def _keep(fields: dict[str, Value], one: Entity, text: str) -> None:
    if text == "":
        return
    name = named(one.field, one.measure) if one.measure else _NAMES.of((one.field,))
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
    levels = [level for level in topic.split("/") if level.lower() not in _GENERIC and level != device]
    return metric_name(*(levels or topic.split("/")[-1:]))
