"""Keeps Home Assistant told of what this host has, as it comes and goes."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime
from pathlib import Path
from threading import RLock

import msgspec

from collector.agent import Gathered
from collector.home_assistant.entities import Component, Found, has_value, places, sensor, shape
from collector.home_assistant.message import identifier, message, presence
from collector.home_assistant.parts import LARGEST_BYTES, assign
from perfwatch.files import write_private
from perfwatch.mqtt.limits import Limits
from perfwatch.readings.base import Reading
from perfwatch.readings.core import SWITCHED_OFF, HostInfo
from perfwatch.topics import Topics, discovery_topic

log = logging.getLogger(__name__)

# A sensor may miss a tick; then it is not gone yet. The entities expire after as many.
_MISSES = 3

MAXIMUM = 600
"""So many entities a host has at most."""

# Headers and topic, at their longest, beside the message.
_PACKET_BYTES = 512

_encoder = msgspec.json.Encoder()

Announce = Callable[..., None]
"""Takes a topic and the payloads that follow one another there; the last is to stay."""


class Announcer:
    """A sink that announces the entities which show what is published, in as many messages as it takes.

    `memory` is the file of what was announced last, so that what went away while nobody looked can
    be removed. `dashboard` is a URL, or empty. A change is announced with the last reading of a tick
    that has all that the facts name, or else with the first of the next.
    """

    def __init__(
        self,
        topics: Topics,
        host: str,
        prefix: str,
        announce: Announce,
        repeat: Callable[[], None],
        memory: Path,
        dashboard: str = "",
    ) -> None:
        self._topics = topics
        self._host = host
        self._prefix = prefix
        self._announce = announce
        self._repeat = repeat
        self._memory = memory
        self._dashboard = dashboard
        self._lock = RLock()  # the network's thread comes here too
        self._limits = Limits()
        self._facts: HostInfo | None = None
        self._changed = False
        self._components: dict[str, Component] = {}
        self._metrics, self._parts = self._remembered()
        self._misses = dict.fromkeys(self._metrics, 0)
        self._tick: datetime | None = None
        self._settled = True
        self._shapes: dict[str, Sequence[object]] = {}
        self._there: dict[str, set[str]] = {}
        self._waiting: dict[str, list[Found]] = {}
        self._expected: Set[str] = frozenset()
        self._seen: dict[str, set[str]] = {}
        self._before: dict[str, set[str]] = {}
        self._last: dict[str, tuple[bytes, ...]] = {}

    def describe(self, facts: HostInfo) -> None:
        """The host's facts. What they change is announced at once, if anything was."""
        with self._lock:
            self._facts, self._changed = facts, True
            self._expected = {source for source, absent in facts.sources.items() if absent is None}
            for component in self._components.values():
                component["exp_aft"] = _expire_after(facts)
            if self._last:
                self._update()

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        """What is in a reading is there."""
        with self._lock:
            for metric, gathered in readings.items():
                self._take(metric, gathered.reading)

    def receive(self, status: bytes) -> None:
        """Home Assistant's own status: when it has started it wants to be told again."""
        with self._lock:
            if status == b"online" and self._last:
                for topic, payloads in self._last.items():
                    self._announce(topic, *payloads)
                self._repeat()

    def heed(self, limits: Limits) -> None:
        """What the broker takes: a message that is larger is told anew, in smaller ones."""
        with self._lock:
            self._limits = limits
            if any(self._refused(each) for payloads in self._last.values() for each in payloads):
                self._tell(set())

    def _refused(self, payload: bytes) -> bool:
        return self._limits.refusal(len(payload) + _PACKET_BYTES, 0, False) is not None

    def _take(self, metric: str, reading: Reading) -> None:
        if reading.timestamp != self._tick:
            if not self._settled:
                self._settle()
            self._tick, self._settled = reading.timestamp, False
        if self._facts is not None:
            self._look(metric, reading, self._facts)
            if self._expected and not self._settled and self._expected <= self._seen.keys():
                self._settle()

    def _look(self, metric: str, reading: Reading, facts: HostInfo) -> None:
        """At each place of a reading of a new shape; else at those that have no entity yet."""
        now = shape(reading)
        if now != self._shapes.get(metric):
            self._shapes[metric], self._there[metric] = now, set()
            self._waiting[metric] = list(places(metric, reading))
        waiting = list[Found]()
        for one in self._waiting[metric]:
            if one.key in self._components or self._add(metric, one, reading, facts):
                self._there[metric].add(one.key)
            else:
                waiting.append(one)
        self._waiting[metric] = waiting
        self._seen[metric] = self._there[metric]

    def _add(self, metric: str, one: Found, reading: Reading, facts: HostInfo) -> bool:
        """Whether that place, which has no entity yet, gets one."""
        # What never had a value here, like the temperature of a virtual machine, is no entity.
        if not (has_value(reading, one.steps) or one.key in self._metrics) or not self._room():
            return False
        topic = self._topics.metric(self._host, metric)
        self._components[one.key] = sensor(one, topic, identifier(self._host), _expire_after(facts))
        self._metrics[one.key] = metric
        self._changed = True
        return True

    def _room(self) -> bool:
        return len(self._components) < MAXIMUM

    def _settle(self) -> None:
        """The tick is over: count what was not there though its source gave a reading or is no more."""
        self._settled = True
        if self._seen == self._before and not self._changed and not any(self._misses.values()):
            self._seen = {}
            return
        sources = self._facts.sources if self._facts else self._seen
        for key, metric in self._metrics.items():
            if metric in self._seen or metric not in sources:
                there = key in self._seen.get(metric, ())
                self._misses[key] = 0 if there else self._misses.get(key, 0) + 1
        self._before, self._seen = self._seen, {}
        self._update()

    def _update(self) -> None:
        """Announce what changed."""
        gone = self._gone()
        if self._facts is None or not (self._changed or gone) or not self._components:
            return
        self._changed = False
        for key in gone:
            self._shapes.pop(self._metrics[key], None)
            self._components.pop(key, None)
            del self._metrics[key]
            self._misses.pop(key, None)
        if self._tell(set(gone)):
            # To Home Assistant an entity whose configuration changed has no value until the next reading.
            self._repeat()
            self._remember()

    def _tell(self, gone: Set[str]) -> bool:
        """Announce each part that is not as it was announced last; what is `gone` goes from its own.

        Returns whether there was any.
        """
        if self._facts is None:
            return False
        sizes = {key: len(key) + len(_encoder.encode(each)) + 4 for key, each in self._components.items()}
        before = self._parts
        known = {key: part for key, part in before.items() if key in self._metrics}
        largest = min(LARGEST_BYTES, self._limits.packet_size or LARGEST_BYTES)
        self._parts = known | assign(sizes, known, largest - self._envelope(self._facts))
        lost = [key for key, part in before.items() if key in gone or self._parts.get(key, part) != part]
        parts = sorted({1, *before.values(), *self._parts.values()})
        told = [
            self._tell_part(self._facts, part, [key for key in lost if before[key] == part]) for part in parts
        ]
        return any(told)

    def _tell_part(self, facts: HostInfo, part: int, lost: list[str]) -> bool:
        components = {key: each for key, each in self._components.items() if self._parts[key] == part}
        if part == 1:
            components = presence(self._topics, self._host) | components
        # Home Assistant removes what is named with its platform alone; after that it is left out.
        steps = (lost, ()) if lost else ((),)
        payloads = [
            _encoder.encode(message(facts, self._topics, self._host, components, step, self._dashboard))
            for step in steps
        ]
        if self._refused(payloads[0]):
            del payloads[:-1]  # the broker never took the larger one that had them
        if not components:
            payloads[-1] = b""
        topic = discovery_topic(self._host, self._prefix, part)
        changed = bool(lost) or self._last.get(topic, (b"",))[-1] != payloads[-1]
        if changed:
            self._last[topic] = tuple(payloads)
            self._announce(topic, *payloads)
        return changed

    def _envelope(self, facts: HostInfo) -> int:
        """Bytes of a message without entities of its own."""
        bare = message(
            facts, self._topics, self._host, presence(self._topics, self._host), (), self._dashboard
        )
        return len(_encoder.encode(bare)) + _PACKET_BYTES

    def _gone(self) -> list[str]:
        """What was missing three times, or is of a source that is switched off."""
        sources = self._facts.sources if self._facts else {}
        return [
            key
            for key, metric in self._metrics.items()
            if self._misses.get(key, 0) >= _MISSES or sources.get(metric) == SWITCHED_OFF
        ]

    def _remembered(self) -> tuple[dict[str, str], dict[str, int]]:
        """The metric and the part of each entity. Before there were parts, only the metric was kept."""
        try:
            kept = msgspec.json.decode(self._memory.read_bytes(), type=dict[str, str | tuple[str, int]])
        except FileNotFoundError:
            kept = {}
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as exc:
            log.warning(
                "%s cannot be read (%s): Home Assistant keeps what went away meanwhile", self._memory, exc
            )
            kept = {}
        both = {key: (each, 1) if isinstance(each, str) else each for key, each in kept.items()}
        return {key: metric for key, (metric, _) in both.items()}, {
            key: part for key, (_, part) in both.items()
        }

    def _remember(self) -> None:
        kept = {key: (metric, self._parts.get(key, 1)) for key, metric in self._metrics.items()}
        try:
            write_private(self._memory, _encoder.encode(kept).decode())
        except OSError as exc:
            log.warning("%s cannot be written (%s)", self._memory, exc.strerror)


def _expire_after(facts: HostInfo) -> int:
    """Seconds without a reading after which a value no longer counts."""
    return math.ceil(_MISSES * facts.interval)
