"""Pressure: how long tasks waited for processor, memory and disk (Linux 4.20 and newer)."""

from __future__ import annotations

from collections.abc import Mapping

from collector.sources.rates import per_second
from collector.sources.source import Absent, ReadText, Tick, read_text
from perfwatch.readings import optional as readings

_RESOURCES = ("cpu", "memory", "io")


class Pressure:
    """Averages are the kernel's own; stalls are of the time since the last tick."""

    name = "pressure"

    def __init__(self, read: ReadText = read_text) -> None:
        self._read = read
        self._before: Mapping[str, float] = {}
        self._at = 0.0

    def gather(self, tick: Tick) -> readings.Pressure:
        texts = self._texts()
        rows = {resource: stalls(text) for resource, text in texts.items()}
        totals = {
            f"{resource} {way}": row["total"] for resource, ways in rows.items() for way, row in ways.items()
        }
        before, seconds = self._before, tick.monotonic - self._at
        self._before, self._at = totals, tick.monotonic
        stalled = {key: per_second(before.get(key), total, seconds) for key, total in totals.items()}
        return readings.Pressure(
            timestamp=tick.timestamp,
            resources={resource: _stall(resource, ways, stalled) for resource, ways in rows.items()},
        )

    def _texts(self) -> dict[str, str]:
        """What the kernel says of each resource. Some count fewer of them than others."""
        found = {}
        refused: OSError | None = None
        for resource in _RESOURCES:
            try:
                found[resource] = self._read(f"/proc/pressure/{resource}")
            except OSError as exc:
                refused = exc
        if not found:
            raise Absent(f"the kernel does not count it ({refused}); boot with psi=1 where it can")
        return found


def stalls(text: str) -> dict[str, dict[str, float]]:
    """The rows of one file under /proc/pressure, by `some` and `full`. Raises ValueError, KeyError."""
    found = {}
    for line in text.splitlines():
        way, *words = line.split()
        row = {name: float(number) for name, _, number in (word.partition("=") for word in words)}
        found[way] = {name: row[name] for name in ("avg10", "avg60", "avg300", "total")}
    return found


def _stall(
    resource: str, ways: Mapping[str, Mapping[str, float]], stalled: Mapping[str, float | None]
) -> readings.Stall:
    some, full = ways.get("some", {}), ways.get("full", {})
    return readings.Stall(
        some_avg10_percent=some.get("avg10"),
        some_avg60_percent=some.get("avg60"),
        some_avg300_percent=some.get("avg300"),
        some_stall_ms_per_sec=_milliseconds(stalled.get(f"{resource} some")),
        full_avg10_percent=full.get("avg10"),
        full_avg60_percent=full.get("avg60"),
        full_avg300_percent=full.get("avg300"),
        full_stall_ms_per_sec=_milliseconds(stalled.get(f"{resource} full")),
    )


def _milliseconds(microseconds: float | None) -> float | None:
    return None if microseconds is None else round(microseconds / 1000, 3)
