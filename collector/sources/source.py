"""What a source is: read → compute → return a reading. It knows nothing of MQTT."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
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
    """One thing that is measured.

    It may have `quick = True` when its reads cannot block, as those of /proc: then it is gathered on the
    tick's own thread. It may have `missing`, which says what its newest reading lacks.
    """

    name: str

    def gather(self, tick: Tick) -> Reading | None:
        """The reading of this tick; None when there is none yet, because it is taken in the background.

        Raises one of `FAILURES` when it cannot be taken, and Absent where this machine has no such thing.
        """


def is_quick(source: Source) -> bool:
    """Whether the tick may wait for it."""
    return getattr(source, "quick", False) is True


def missing(source: Source) -> str | None:
    """The first part that its newest reading lacks, and why, which it has logged."""
    return getattr(source, "missing", None)


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


_CHUNK_BYTES = 65536

ReadText = Callable[[str], str]

FAILURES = (OSError, psutil.Error, LookupError, ValueError, NotImplementedError)
"""What a source may raise: the file, psutil, or the text is not as it should be."""


def read_text(path: str) -> str:
    """A file under /proc or /sys as valid text. Raises OSError."""
    # Not "replace", which makes one character of several bytes: psutil's names would look otherwise.
    return valid(read_bytes(path).decode("utf-8", "surrogateescape"))


def read_bytes(path: str) -> bytes:
    """A file under /proc or /sys, in half the time that a buffered file takes. Raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return b"".join(iter(lambda: os.read(file, _CHUNK_BYTES), b""))
    finally:
        os.close(file)


def listed(folder: str) -> list[str]:
    """The valid names in a folder, in order; none where there is no such folder, or it is not ours to see."""
    try:
        return sorted(map(valid, os.listdir(folder)))  # noqa: PTH208  # a Path for each would cost more
    except OSError:
        return []
