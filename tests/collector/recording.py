"""Recorded text of /proc, read as a source reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from collector.sources.source import Tick

_FOLDER = Path(__file__).parent / "recordings"


def recorded(path: str) -> str:
    """The recording of that file, by its name: /proc/net/tcp → recordings/tcp. Raises FileNotFoundError."""
    return (_FOLDER / Path(path).name).read_text()


def absent(path: str) -> str:
    """A system that has no such file."""
    raise FileNotFoundError(2, "No such file or directory", path)


def tick(seconds: float) -> Tick:
    """A tick at that moment of the monotonic clock."""
    return Tick(datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC), seconds)


def recorded_lines(name: str) -> list[str]:
    """The lines of a recording of perf."""
    return (_FOLDER / "perf" / name).read_text().splitlines()
