"""The heartbeat of a collector: each reading is a sign of life."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from collector.agent import Gathered
from perfwatch import heartbeat
from perfwatch.readings.core import HostInfo

# How late a tick may be: some intervals, and what a busy machine takes for one.
_INTERVALS, _SECONDS = 3, 10


class Heartbeat:
    """A sink: with each tick, sets the file's time to when the next must have come."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = heartbeat.Heartbeat(path)
        self._clock = clock
        self._interval = 0.0

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        self._file.beat(self._clock() + _INTERVALS * self._interval + _SECONDS)

    def describe(self, facts: HostInfo) -> None:
        """The facts of a host have its interval, and come before the first reading and when it changes."""
        self._interval = facts.interval
