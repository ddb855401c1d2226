"""Keeps Home Assistant told of what this host has, as it comes and goes."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from collector.home_assistant.entities import MAXIMUM, Component, found, identifier, message, sensor
from perfwatch.files import write_private
from perfwatch.readings.core import SWITCHED_OFF, HostInfo
from perfwatch.topics import Topics, discovery_topic

log = logging.getLogger(__name__)

# A sensor may miss a tick; then it is not gone yet. The entities expire after as many.
_MISSES = 3

_facts = msgspec.json.Decoder(HostInfo)
_reading = msgspec.json.Decoder(dict[str, Any])
_encoder = msgspec.json.Encoder()

Announce = Callable[..., None]
"""Takes a topic and the payloads that follow one another there; the last is to stay."""


class Announcer:
    """Takes what is published, as an outlet does, and announces the entities that show it.

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
        self._topic = discovery_topic(host, prefix)
        self._announce = announce
        self._repeat = repeat
        self._memory = memory
        self._dashboard = dashboard
        self._facts: HostInfo | None = None
        self._changed = False
        self._components: dict[str, Component] = {}
        self._metrics = self._remembered()
        self._misses = dict.fromkeys(self._metrics, 0)
        self._tick: str | None = None
        self._settled = True
        self._seen: dict[str, set[str]] = {}
        self._last: tuple[bytes, ...] = ()

    def describe(self, info: bytes) -> None:
        """The host's facts. What they change is announced at once, if anything was."""
        self._facts, self._changed = _facts.decode(info), True
        for component in self._components.values():
            component["exp_aft"] = _expire_after(self._facts)
        if self._last:
            self._update()

    def publish(self, metric: str, payload: bytes) -> None:
        """A reading: what is in it is there."""
        reading = _reading.decode(payload)
        if reading["timestamp"] != self._tick:
            if not self._settled:
                self._settle()
            self._tick, self._settled = reading["timestamp"], False
        if self._facts is not None:
            self._look(metric, reading, self._facts)
            expected = {source for source, absent in self._facts.sources.items() if absent is None}
            if expected and not self._settled and expected <= self._seen.keys():
                self._settle()

    def receive(self, status: bytes) -> None:
        """Home Assistant's own status: when it has started it wants to be told again."""
        if status == b"online" and self._last:
            self._announce(self._topic, *self._last)
            self._repeat()

    def _look(self, metric: str, reading: dict[str, Any], facts: HostInfo) -> None:
        seen = self._seen.setdefault(metric, set())
        for one in found(metric, reading):
            # What never had a value here, like the temperature of a virtual machine, is no entity.
            if one.key in self._components or ((one.known or one.key in self._metrics) and self._room()):
                seen.add(one.key)
                if one.key not in self._components:
                    topic = self._topics.metric(self._host, metric)
                    self._components[one.key] = sensor(
                        one, topic, identifier(self._host), _expire_after(facts)
                    )
                    self._metrics[one.key] = metric
                    self._changed = True

    def _room(self) -> bool:
        return len(self._components) < MAXIMUM

    def _settle(self) -> None:
        """The tick is over: count what was not there though its source gave a reading or is no more."""
        sources = self._facts.sources if self._facts else self._seen
        for key, metric in self._metrics.items():
            if metric in self._seen or metric not in sources:
                there = key in self._seen.get(metric, ())
                self._misses[key] = 0 if there else self._misses.get(key, 0) + 1
        self._seen.clear()
        self._settled = True
        self._update()

    def _update(self) -> None:
        """Announce what changed."""
        gone = self._gone()
        if self._facts is None or not (self._changed or gone) or not self._components:
            return
        self._changed = False
        for key in gone:
            self._components.pop(key, None)
            del self._metrics[key]
            self._misses.pop(key, None)
        # Home Assistant removes what is named with its platform alone; after that it is left out.
        steps = (gone, ()) if gone else ((),)
        told = tuple(
            _encoder.encode(
                message(self._facts, self._topics, self._host, self._components, step, self._dashboard)
            )
            for step in steps
        )
        if told != self._last:
            self._last = told
            self._announce(self._topic, *told)
            # To Home Assistant an entity whose configuration changed has no value until the next reading.
            self._repeat()
            self._remember()

    def _gone(self) -> list[str]:
        """What was missing three times, or is of a source that is switched off."""
        sources = self._facts.sources if self._facts else {}
        return [
            key
            for key, metric in self._metrics.items()
            if self._misses.get(key, 0) >= _MISSES or sources.get(metric) == SWITCHED_OFF
        ]

    def _remembered(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._memory.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as exc:
            log.warning("%s cannot be read (%s): what went away meanwhile stays known", self._memory, exc)
            return {}

    def _remember(self) -> None:
        try:
            write_private(self._memory, _encoder.encode(self._metrics).decode())
        except OSError as exc:
            log.warning("%s cannot be written (%s)", self._memory, exc.strerror)


def _expire_after(facts: HostInfo) -> int:
    """Seconds without a reading after which a value no longer counts."""
    return math.ceil(_MISSES * facts.interval)
