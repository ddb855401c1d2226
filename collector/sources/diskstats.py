"""What each block device has done since it came: /proc/diskstats, and psutil where there is none."""

from __future__ import annotations

import re
from typing import NamedTuple

import psutil

from collector.sources.plausible import count, times
from collector.sources.source import read_text
from collector.sources.text import named

_SECTOR_BYTES = 512  # whatever the disk's own are: Documentation/admin-guide/iostats.rst
_WHOLE, _PARTITION = 11, 4
# Files mounted as a disk, and memory made to look like one.
# Some emulations tell a moment below zero, or a fraction.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_NOT_A_DISK = re.compile(r"(loop|ram|zram)\d+")


class Counters(NamedTuple):
    """Bytes, operations and milliseconds. What is not counted is None.

    `queued_ms` is the sum of what each operation waited for.
    """

    read_count: int | None
    write_count: int | None
    read_bytes: int | None
    write_bytes: int | None
    read_ms: int | None = None
    write_ms: int | None = None
    busy_ms: int | None = None
    queued_ms: int | None = None


class Devices(NamedTuple):
    """`errors` has the lines that cannot be read, by the device that they are about."""

    counters: dict[str, Counters]
    errors: dict[str, Exception]


def read() -> Devices:
    """This machine's. Raises OSError."""
    if psutil.LINUX:
        return parse(read_text("/proc/diskstats"))
    # psutil would hide a counter that wrapped or was reset; a rate across that is not known.
    rows = psutil.disk_io_counters(perdisk=True, nowrap=False)
    return Devices(named((name, of_psutil(row)) for name, row in rows.items()), {})


def parse(text: str) -> Devices:
    """The text of /proc/diskstats, without what is no disk."""
    found = Devices({}, {})
    for line in text.split("\n"):
        name, numbers = _split(line)
        if _NOT_A_DISK.fullmatch(name):
            continue
        counters = _counters(numbers)
        if counters is not None:
            found.counters[name] = counters
        elif name:
            found.errors[name] = ValueError(f"/proc/diskstats has the line {line.strip()!r}")
    return found


def _split(line: str) -> tuple[str, list[str]]:
    """Major, minor, the name, which may hold spaces, and the numbers."""
    words = line.split()[2:]
    end = 1
    if not "".join(words[1:]).isdecimal():
        end = next((at for at in range(len(words), 1, -1) if not _NUMBER.fullmatch(words[at - 1])), 1)
    return " ".join(words[:end]), words[end:]


def _counters(words: list[str]) -> Counters | None:
    """Kernels append to a line, and emulations do not always know what: the first numbers stay."""
    if len(words) == _PARTITION:  # before Linux 2.6.25
        reads, sectors_read, writes, sectors_written = map(count, words)
        return Counters(reads, writes, _bytes(sectors_read), _bytes(sectors_written))
    if len(words) < _WHOLE:
        return None
    numbers = map(count, words[:_WHOLE])
    reads, _, sectors_read, read_ms, writes, _, sectors_written, write_ms, _, busy, queued = numbers
    sizes = _bytes(sectors_read), _bytes(sectors_written)
    return Counters(reads, writes, *sizes, read_ms, write_ms, busy, queued)


def _bytes(sectors: int | None) -> int | None:
    return times(sectors, _SECTOR_BYTES)


def of_psutil(row: object) -> Counters:
    """A Mac's, which does not tell how long a disk was busy."""
    fields = ("read_count", "write_count", "read_bytes", "write_bytes", "read_time", "write_time")
    return Counters(*(getattr(row, field, None) for field in fields))
