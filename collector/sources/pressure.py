"""Pressure: how long tasks waited for processor, memory and disk (Linux 4.20 and newer)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from collector.sources.apart import tell
from collector.sources.parts import Missing
from collector.sources.plausible import PERCENT, plausible
from collector.sources.rates import per_second
from collector.sources.source import Absent, ReadText, Tick, read_text
from perfwatch.readings import optional as readings

_RESOURCES = ("cpu", "memory", "io")
_NAMES = ("avg10", "avg60", "avg300", "total")
_ROW = re.compile(" ".join([r"(\w+)", *(rf"{name}=(\d+(?:\.\d+)?)" for name in _NAMES)]))


class Pressure:
    """Averages are the kernel's own; stalls are of the time since the last tick."""

    name = "pressure"
    quick = True

    def __init__(self, read: ReadText = read_text) -> None:
        self._read = read
        self._before: Mapping[str, float] = {}
        self._at = 0.0
        self._missing = Missing("pressure")

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> readings.Pressure:
        rows = self._rows()
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

    def _rows(self) -> dict[str, dict[str, dict[str, float]]]:
        """Of each resource what `stalls` has. One that is told in other words costs itself."""
        told = {resource: tell(partial(stalls, text)) for resource, text in self._texts().items()}
        errors = {resource: each.error for resource, each in told.items() if each.error}
        rows = {resource: each.answer for resource, each in told.items() if each.answer is not None}
        if errors and not rows:
            raise next(iter(errors.values()))
        self._missing.note(errors)
        return rows

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
    """The rows of one file under /proc/pressure, by `some` and `full`. Raises ValueError."""
    found = {}
    for line in text.splitlines():
        if not (row := _ROW.fullmatch(line)):
            raise ValueError(f"/proc/pressure has the line {line!r}")
        way, *numbers = row.groups()
        found[way] = dict(zip(_NAMES, map(float, numbers), strict=True))
    return found


def _stall(
    resource: str, ways: Mapping[str, Mapping[str, float]], stalled: Mapping[str, float | None]
) -> readings.Stall:
    some, full = ways.get("some", {}), ways.get("full", {})
    return readings.Stall(
        some_avg10_percent=plausible(some.get("avg10"), PERCENT),
        some_avg60_percent=plausible(some.get("avg60"), PERCENT),
        some_avg300_percent=plausible(some.get("avg300"), PERCENT),
        some_stall_ms_per_sec=_milliseconds(stalled.get(f"{resource} some")),
        full_avg10_percent=plausible(full.get("avg10"), PERCENT),
        full_avg60_percent=plausible(full.get("avg60"), PERCENT),
        full_avg300_percent=plausible(full.get("avg300"), PERCENT),
        full_stall_ms_per_sec=_milliseconds(stalled.get(f"{resource} full")),
    )


def _milliseconds(microseconds: float | None) -> float | None:
    return None if microseconds is None else round(microseconds / 1000, 3)
