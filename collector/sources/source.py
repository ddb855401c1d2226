"""What a source is: read → compute → return a reading. It knows nothing of MQTT."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import psutil

from collector.sources.text import valid
from perfwatch.readings.base import Reading


class Tick(NamedTuple):
    """The moment of a tick, on both clocks."""

    timestamp: datetime
    """UTC, in milliseconds: what every reading of the tick carries."""
    monotonic: float
    """Seconds on the monotonic clock, for rates: it never jumps when the time is set."""


class Source(Protocol):
    """One thing that is measured."""

    name: str

    def gather(self, tick: Tick) -> Reading | None:
        """The reading of this tick; None when there is none yet, because it is taken in the background.

        Raises one of `FAILURES` when it cannot be taken, and Absent where this machine has no such thing.
        """


class Absent(Exception):
    """This machine does not have what a source measures. Its text says what is missing.

    It is asked again at every tick, which must cost next to nothing: what is missing may come.
    """


class Tuning(NamedTuple):
    """The settings of single sources, which may change while they run."""

    perf_cores: str = "all"
    perf_interval: float = 1.0
    """Seconds."""


@runtime_checkable
class Tunable(Protocol):
    """A source with settings of its own."""

    def tune(self, tuning: Tuning) -> None: ...


@runtime_checkable
class Closable(Protocol):
    """A source that holds something, like a child process, which is let go when it is switched off."""

    def close(self) -> None: ...


ReadText = Callable[[str], str]

FAILURES = (OSError, psutil.Error, LookupError, ValueError, NotImplementedError)
"""What a source may raise: the file, psutil, or the text is not as it should be."""


def read_text(path: str) -> str:
    """A file under /proc or /sys as valid text. Raises OSError."""
    # Not "replace", which makes one character of several bytes: psutil's names would look otherwise.
    return valid(Path(path).read_text(encoding="utf-8", errors="surrogateescape"))
