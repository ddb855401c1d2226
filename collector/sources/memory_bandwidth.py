"""What moves between memory and disks, and how often a program waits for it."""

from __future__ import annotations

import resource

from collector.sources.plausible import count
from collector.sources.rates import per_second
from collector.sources.source import ReadText, Tick, read_text
from perfwatch.readings import core

# /proc/vmstat counts pgpgin and pgpgout in kB, whatever their names say; the rest in pages and faults.
_COUNTERS = ("pgpgin", "pgpgout", "pswpin", "pswpout", "pgfault", "pgmajfault")
_KILOBYTE = 1024


class MemoryBandwidth:
    """Rates are per second since the last tick, so the first tick has none."""

    name = "memory_bandwidth"
    quick = True

    def __init__(self, read: ReadText = read_text, page_bytes: int | None = None) -> None:
        self._read = read
        self._page_bytes = page_bytes or resource.getpagesize()
        self._before: dict[str, int] = {}
        self._at = 0.0

    def gather(self, tick: Tick) -> core.MemoryBandwidth:
        counters = vmstat(self._read("/proc/vmstat"))
        before, seconds = self._before, tick.monotonic - self._at
        self._before, self._at = counters, tick.monotonic
        rates = {
            name: per_second(before.get(name), counters[name], seconds) if name in counters else None
            for name in _COUNTERS
        }
        return core.MemoryBandwidth(
            timestamp=tick.timestamp,
            available=True,
            page_io_bytes_per_sec=_bytes(rates["pgpgin"], rates["pgpgout"], _KILOBYTE),
            swap_io_bytes_per_sec=_bytes(rates["pswpin"], rates["pswpout"], self._page_bytes),
            **{f"{name}_per_sec": rate for name, rate in rates.items()},
        )


def vmstat(text: str) -> dict[str, int]:
    """The counters of this source in the text of /proc/vmstat. What is none is left out."""
    rows = (line.split() for line in text.splitlines())
    told = {row[0]: count(row[1]) for row in rows if len(row) == 2 and row[0] in _COUNTERS}
    return {name: number for name, number in told.items() if number is not None}


def _bytes(one: float | None, other: float | None, unit: int) -> float | None:
    return None if one is None or other is None else round((one + other) * unit, 3)
