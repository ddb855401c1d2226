"""The loop: gather on an absolute schedule, publish, stay alive."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from collector.schedule import Schedule
from collector.sources.apart import Apart, Told, tell
from collector.sources.source import FAILURES, Absent, Source, Tick, is_quick, missing
from collector.sources.text import told as reason
from collector.sources.text import valid
from collector.stop import Stop
from perfwatch.readings import codec
from perfwatch.readings.base import Reading
from perfwatch.readings.core import HostInfo

log = logging.getLogger(__name__)

Availability = Mapping[str, str | None]
"""Each source, with None when it works or the reason why it does not."""

BEAT_SECONDS = 10.0
"""So often, at least, the loop says that it still turns, and looks whether the host's facts have changed."""


class Gathered(NamedTuple):
    """A reading of the tick, and the same as JSON."""

    reading: Reading
    payload: bytes


class Sink(Protocol):
    """Where readings go. What it raises ends the loop."""

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        """Those of a tick, by metric."""

    def describe(self, facts: HostInfo) -> None:
        """The host's facts, before the first reading and whenever they change."""


class Agent:
    """Gathers from every source each `interval` seconds until `stop` is set.

    A source that fails or is late is left out of that tick and stops none of the others. `obey` is
    asked when the wait is roused: it may change what `sources` holds, and returns the new interval, or
    None when nothing has changed. `alive` is called each `BEAT_SECONDS` and more often. `between` is given
    each moment at which the loop wakes; it may take ticks of its own, and returns when its next is due.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        outlet: Sink,
        describe: Callable[[Availability], HostInfo],
        interval: float,
        stop: Stop,
        clock: Callable[[], float] = time.monotonic,
        obey: Callable[[], float | None] = lambda: None,
        alive: Callable[[], None] = lambda: None,
        between: Callable[[Tick, Schedule], float] = lambda _tick, _regular: math.inf,
    ) -> None:
        self._sources = sources
        self._outlet = outlet
        self._describe = describe
        self._interval = interval
        self._stop = stop
        self._clock = clock
        self._obey = obey
        self._alive = alive
        self._between = between
        self._apart = Apart[Reading | None]("sources")
        self._available: dict[str, str | None] = {}
        self._facts: HostInfo | None = None
        self._facts_at = 0.0
        self._facts_fail = False

    def run(self) -> None:
        """Tick at once, then on schedule. Returns as soon as `stop` is set."""
        schedule = Schedule(self._clock(), self._interval)
        due = schedule.due
        while not self._stop.wait(min(due - self._clock(), BEAT_SECONDS)):
            self._alive()
            interval = self._obey()
            if interval is not None:
                schedule.change(interval, self._clock())
                self._tell(self._clock())
            moment = Tick(codec.now(), self._clock())
            if moment.monotonic >= schedule.due:
                self.tick(moment)
                schedule.advance(self._clock())
            due = min(schedule.due, self._between(moment, schedule))

    def tick(self, tick: Tick) -> None:
        """Gather everything, then publish it; the host's facts too when a source came or went."""
        known = dict(self._available)
        sources = {source.name: source for source in self._sources}
        told = self._gather(sources, tick)
        gathered = {name: self._gathered(source, told[name], tick) for name, source in sources.items()}
        self._available = {name: why for name, why in self._available.items() if name in sources}
        if self._available != known:
            self._tell(tick.monotonic)
        elif tick.monotonic - self._facts_at >= BEAT_SECONDS:
            self._tell(tick.monotonic, only_news=True)
        self._outlet.publish({metric: one for metric, one in gathered.items() if one is not None})

    def _gather(self, sources: Mapping[str, Source], tick: Tick) -> dict[str, Told[Reading | None]]:
        """The quick ones here, the others apart, where each has a deadline."""
        asked = {name: partial(source.gather, tick) for name, source in sources.items()}
        told = {name: tell(asked[name]) for name, source in sources.items() if is_quick(source)}
        return told | self._apart.ask({name: ask for name, ask in asked.items() if name not in told})

    def _tell(self, now: float, only_news: bool = False) -> None:
        """The host's facts. Cores, memory and what the clock says of the start may change meanwhile."""
        facts = tell(lambda: self._describe(self._available))
        self._facts_at = now
        if facts.error is not None and not self._facts_fail:
            log.error("The facts of this host cannot be published", exc_info=facts.error)
        self._facts_fail = facts.answer is None
        if facts.answer is not None and not (only_news and facts.answer == self._facts):
            self._facts = facts.answer
            self._outlet.describe(facts.answer)

    def _gathered(self, source: Source, told: Told[Reading | None], tick: Tick) -> Gathered | None:
        """The reading, when there is one, and in `_available` whether the source works."""
        reading, error = told
        encoded = tell(partial(_encode, reading, tick)) if reading is not None else Told[Gathered]()
        error = error or encoded.error
        if error is not None:
            self._note_error(source.name, error)
        elif reading is not None and reading.unavailable:
            self._failed(source.name, reading.unavailable, "is not available (%s)")
        elif lacks := missing(source):
            self._available[source.name] = lacks
        else:
            self._works(source.name)
        return encoded.answer

    def _note_error(self, name: str, error: Exception) -> None:
        if isinstance(error, Absent):
            self._absent(name, valid(str(error)))
        elif isinstance(error, FAILURES):
            self._failed(name, reason(error), "cannot be read (%s): left out until it can")
        else:
            self._failed(name, reason(error), "has a fault of its own (%s): left out while it has", error)

    def _works(self, name: str) -> None:
        if self._available.get(name):
            log.info("Source %s works again", name)
        self._available[name] = None

    def _absent(self, name: str, reason: str) -> None:
        if not self._available.get(name):
            log.info("Source %s is not on this machine: %s", name, reason)
        self._available[name] = reason

    def _failed(self, name: str, reason: str, sentence: str, unforeseen: Exception | None = None) -> None:
        if self._available.get(name):
            return  # it has been said; the first reason stands until the source works again
        self._available[name] = reason
        log.warning(f"Source %s {sentence}", name, reason, exc_info=unforeseen)


def _encode(reading: Reading, tick: Tick) -> Gathered:
    """As a part of that tick, although it may be one that came late."""
    if reading.timestamp != tick.timestamp:
        reading = replace(reading, timestamp=tick.timestamp)
    return Gathered(reading, codec.encode(reading))
