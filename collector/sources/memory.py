"""Main memory, swap and huge pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from collector.sources.plausible import at_most, count, times
from collector.sources.rates import percent
from collector.sources.source import ReadText, Tick, read_text
from perfwatch.readings import core

_KILOBYTE = 1024


class Memory:
    """Sizes are bytes; huge pages are counted in pages."""

    name = "memory"
    quick = True

    def __init__(self, read: ReadText = read_text) -> None:
        self._read = read

    def gather(self, tick: Tick) -> core.Memory:
        try:
            told = meminfo(self._read("/proc/meminfo"))
        except FileNotFoundError:
            return _of_psutil(tick)  # not Linux
        if not told.get("MemTotal"):
            raise ValueError("/proc/meminfo does not tell how much memory there is")
        return _reading(tick, told, self._arc())

    def _arc(self) -> Arc | None:
        try:
            arc = arcstats(self._read("/proc/spl/kstat/zfs/arcstats"))
        except (OSError, LookupError):
            return None  # no ZFS here
        # An LXC container is told its own memory by a file over the kernel's, but of ZFS the host's.
        return arc if Path("/proc/meminfo").stat().st_dev == Path("/proc").stat().st_dev else None


class Arc(NamedTuple):
    """The cache of ZFS, in bytes: what it holds, and what it would not give back."""

    size: int
    least: int


def arcstats(text: str) -> Arc:
    """Raises LookupError."""
    rows = (line.split() for line in text.splitlines())
    told = {row[0]: number for row in rows if len(row) == 3 and (number := count(row[2])) is not None}
    return Arc(told["size"], told["c_min"])


def meminfo(text: str) -> dict[str, int]:
    """The numbers of /proc/meminfo: bytes, and pages where it names no unit. What is none is left out."""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        number = count(words[0]) if words else None
        if number is not None:
            number = times(number, _KILOBYTE if words[1:] == ["kB"] else 1)
        if number is not None:
            found[name] = number
    return found


def _reading(tick: Tick, told: Mapping[str, int], arc: Arc | None) -> core.Memory:
    total = told.get("MemTotal")

    def part(name: str, whole: int | None = total) -> int | None:
        return at_most(told.get(name), whole)

    free, pages = part("MemFree"), told.get("HugePages_Total")
    available = _with_arc(_available(told, total, free), total, arc)
    used = None if total is None or available is None else total - available
    swap, unused = told.get("SwapTotal"), part("SwapFree", told.get("SwapTotal"))
    swapped = None if swap is None or unused is None else swap - unused
    return core.Memory(
        timestamp=tick.timestamp,
        usage_percent=_share(used, total),
        total_bytes=total,
        used_bytes=used,
        available_bytes=available,
        free_bytes=free,
        cached_bytes=at_most(_cached(told), total),
        buffers_bytes=part("Buffers"),
        shared_bytes=part("Shmem" if "Shmem" in told else "MemShared"),
        swap_total_bytes=swap,
        swap_used_bytes=swapped,
        swap_free_bytes=unused,
        swap_percent=_share(swapped, swap),
        hugepages_total=pages,
        hugepages_free=part("HugePages_Free", pages),
        hugepages_reserved=part("HugePages_Rsvd", pages),
        slab_bytes=part("Slab"),
        dirty_bytes=part("Dirty"),
        committed_bytes=told.get("Committed_AS"),
        zfs_arc_bytes=arc and arc.size,
    )


def _available(told: Mapping[str, int], total: int | None, free: int | None) -> int | None:
    """What the kernel says since 3.14; of an older one, or an emulation, what `free` would guess."""
    available = told.get("MemAvailable")
    if available or free is None:
        # In a container the emulated total may be below what the host has available.
        return available if total is None or available is None or available <= total else free
    given_back = sum(told.get(name, 0) for name in ("Buffers", "Cached", "SReclaimable"))
    return at_most(max(free, free + given_back - told.get("Shmem", 0)), total)


def _with_arc(available: int | None, total: int | None, arc: Arc | None) -> int | None:
    """The kernel counts ZFS's cache as used, although it gives it back as it does its own."""
    if available is None or arc is None:
        return available
    return min(available + max(0, arc.size - arc.least), total or available)


def _cached(told: Mapping[str, int]) -> int | None:
    """Of files, and what the kernel would give back of its own, as `free` counts it."""
    cached = told.get("Cached")
    return None if cached is None else cached + told.get("SReclaimable", 0)


def _share(part: int | None, whole: int | None) -> float | None:
    share = percent(part, whole or 0)
    return None if share is None else round(share, 1)


def _of_psutil(tick: Tick) -> core.Memory:
    """A Mac's, which counts neither caches nor huge pages."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return core.Memory(
        timestamp=tick.timestamp,
        usage_percent=memory.percent,
        total_bytes=memory.total,
        used_bytes=memory.used,
        available_bytes=memory.available,
        free_bytes=memory.free,
        swap_total_bytes=swap.total,
        swap_used_bytes=swap.used,
        swap_free_bytes=swap.free,
        swap_percent=swap.percent if swap.total else None,
    )
