"""A sign of life for whoever can look at a file and nothing else, as a container's health check."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from collector.agent import Gathered
from perfwatch.readings.core import HostInfo

log = logging.getLogger(__name__)

# How late a tick may be: some intervals, and what a busy machine takes for one.
_INTERVALS, _SECONDS = 3, 10


class Heartbeat:
    """A sink: with each tick, sets the file's time to when the next must have come."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._interval = 0.0
        self._failed = False

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        until = self._clock() + _INTERVALS * self._interval + _SECONDS
        try:
            self._path.touch()
            os.utime(self._path, (until, until))
        except OSError as exc:
            self._say(exc)

    def describe(self, facts: HostInfo) -> None:
        """The facts of a host have its interval, and come before the first reading and when it changes."""
        self._interval = facts.interval

    def _say(self, exc: OSError) -> None:
        if not self._failed:
            log.warning("The heartbeat file %s cannot be written: %s", self._path, exc.strerror)
        self._failed = True
