"""The loop: gather on an absolute schedule, publish, stay alive."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from collector.schedule import Schedule
from collector.sources.source import FAILURES, Absent, Source, Tick
from collector.sources.text import told, valid
from collector.stop import Stop
from perfwatch.readings import codec
from perfwatch.readings.core import HostInfo

log = logging.getLogger(__name__)

Availability = Mapping[str, str | None]
"""Each source, with None when it works or the reason why it does not."""


class Sink(Protocol):
    """Where readings go: the publisher."""

    def publish(self, metric: str, payload: bytes) -> None: ...

    def describe(self, info: bytes) -> None: ...


class Agent:
    """Gathers from every source each `interval` seconds until `stop` is set.

    A source that fails is left out of that tick and stops none of the others. `obey` is asked when
    the wait is roused: it may change what `sources` holds, and returns the new interval, or None when
    nothing has changed.
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
    ) -> None:
        self._sources = sources
        self._outlet = outlet
        self._describe = describe
        self._interval = interval
        self._stop = stop
        self._clock = clock
        self._obey = obey
        self._available: dict[str, str | None] = {}

    def run(self) -> None:
        """Tick at once, then on schedule. Returns as soon as `stop` is set."""
        schedule = Schedule(self._clock(), self._interval)
        while not self._stop.wait(schedule.due - self._clock()):
            interval = self._obey()
            if interval is not None:
                schedule.change(interval, self._clock())
                self._tell()
            if self._clock() >= schedule.due:
                self.tick(Tick(codec.now(), self._clock()))
                schedule.advance(self._clock())

    def tick(self, tick: Tick) -> None:
        """Gather everything, then publish it; the host's facts too when a source came or went."""
        known = dict(self._available)
        gathered = [(source.name, self._gather(source, tick)) for source in self._sources]
        tried = {name for name, _ in gathered}
        self._available = {name: why for name, why in self._available.items() if name in tried}
        if self._available != known:
            self._tell()
        for metric, payload in gathered:
            if payload is not None:
                self._outlet.publish(metric, payload)

    def _tell(self) -> None:
        self._outlet.describe(codec.encode_info(self._describe(self._available)))

    def _gather(self, source: Source, tick: Tick) -> bytes | None:
        try:
            reading = source.gather(tick)
            payload = None if reading is None else codec.encode(reading)
        except Absent as exc:
            self._absent(source.name, valid(str(exc)))
            return None
        except FAILURES as exc:
            self._failed(source.name, told(exc), "cannot be read (%s): left out until it can")
            return None
        if reading is not None and reading.unavailable:
            self._failed(source.name, reading.unavailable, "is not available (%s)")
            return payload
        if self._available.get(source.name):
            log.info("Source %s works again", source.name)
        self._available[source.name] = None
        return payload

    def _absent(self, name: str, reason: str) -> None:
        if not self._available.get(name):
            log.info("Source %s is not on this machine: %s", name, reason)
        self._available[name] = reason

    def _failed(self, name: str, reason: str, sentence: str) -> None:
        if self._available.get(name):
            return  # it has been said; the first reason stands until the source works again
        self._available[name] = reason
        log.warning(f"Source %s {sentence}", name, reason)
