"""All that is announced, by the topics of states and of presence. No input or output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, TypeVar

from devices.discovery.config import Announced, Entity, Presence
from devices.filters import covers, is_wild
from devices.values import Unusable

MAX_WILD = 200
_MAX_REMEMBERED = 20_000

T = TypeVar("T")
_ByTopic: TypeAlias = dict[str, dict[str, list[T]]]


class Known:
    """Entities and presences, as the newest message on each discovery topic has them.

    A topic may be a filter: gateways for Bluetooth announce `+/+/BTtoMQTT/<id>`, as several may hear it.
    """

    def __init__(self) -> None:
        self._entities: _ByTopic[Entity] = {}
        self._presences: _ByTopic[Presence] = {}
        self._configs: dict[str, set[str]] = {}
        self._wild: set[str] = set()
        self._matching: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._configs)

    def __contains__(self, config: str) -> bool:
        return config in self._configs

    @property
    def filters(self) -> list[str]:
        return [*self._entities, *self._presences]

    def put(self, config: str, told: Announced) -> None:
        """Raises Unusable when there are too many filters: each is compared with each topic."""
        self.forget(config)
        topics = {one.state_topic for one in told.entities} | {one.topic for one in told.presences}
        wild = set(filter(is_wild, topics))
        if len(self._wild | wild) > MAX_WILD:
            raise Unusable(f"it is one more than the {MAX_WILD} topics with + or # that are taken")
        for entity in told.entities:
            self._entities.setdefault(entity.state_topic, {}).setdefault(config, []).append(entity)
        for presence in told.presences:
            self._presences.setdefault(presence.topic, {}).setdefault(config, []).append(presence)
        self._configs[config] = topics
        self._wild |= wild
        self._matching.clear()

    def forget(self, config: str) -> None:
        """What that discovery message announced is no longer there."""
        for topic in self._configs.pop(config, ()):
            left = _without(self._entities, topic, config), _without(self._presences, topic, config)
            if not any(left):
                self._wild.discard(topic)
        self._matching.clear()

    def topics(self, topic: str) -> list[str]:
        """What was announced that this topic is, or matches."""
        found = self._matching.get(topic)
        if found is None:
            if len(self._matching) >= _MAX_REMEMBERED:
                self._matching.clear()
            known = topic in self._entities or topic in self._presences
            found = [topic] * known + [one for one in self._wild if covers(one, topic)]
            self._matching[topic] = found
        return found

    def entities(self, topic: str) -> Iterator[Entity]:
        return _of(self._entities, self.topics(topic))

    def presences(self, topic: str) -> Iterator[Presence]:
        return _of(self._presences, self.topics(topic))


def _of(known: Mapping[str, Mapping[str, list[T]]], topics: list[str]) -> Iterator[T]:
    for topic in topics:
        for each in known.get(topic, {}).values():
            yield from each


def _without(known: _ByTopic[T], topic: str, config: str) -> bool:
    """Take away what `config` announced of a topic; whether others did too."""
    of = known.get(topic, {})
    of.pop(config, None)
    if not of:
        known.pop(topic, None)
    return bool(of)
