"""What `perf stat -I … -x,` prints, as counts. Pure: text in, numbers out.

A line is `seconds,value,unit,event`, then, since perf 4.0, how long the event was counted in
nanoseconds and in per cent, and since 4.3 a metric of perf's own with its unit. What follows the
event is not read: the ratios are computed from the counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from collector.sources.plausible import COUNT, plausible

_NOT_SUPPORTED, _NOT_COUNTED = "<not supported>", "<not counted>"
# Where a machine has several kinds of core, perf names the one: cpu_core/cycles/, cpu_atom/cycles/u.
_OF_CORES = re.compile(r"[^/]+/([^/]+)/\w*")
_MODIFIER = re.compile(r":[a-zA-Z]+$")  # cycles:u


class Count(NamedTuple):
    """`value` is None when perf could not count; `supported` says whether the machine ever could."""

    value: float | None
    unit: str
    supported: bool


class Line(NamedTuple):
    ended: float
    """Seconds since perf started, at the end of the interval."""
    event: str
    counted: Count


class Interval(NamedTuple):
    seconds: float
    counts: dict[str, Count]


def parse(text: str) -> Line | None:
    """One line of output. None for what is no count: a comment, a metric of perf's own, a complaint."""
    fields = [field.strip() for field in text.split(",", 4)]
    if len(fields) < 4 or not fields[3]:
        return None
    try:
        ended = plausible(float(fields[0]), COUNT)
        count = _count(fields[1], fields[2])
    except ValueError:
        return None
    return None if ended is None else Line(ended, plain_name(fields[3]), count)


@lru_cache(maxsize=256)
def plain_name(event: str) -> str:
    """The event as it was asked for: without kind of core, and without modifier."""
    of_cores = _OF_CORES.fullmatch(event)
    return _MODIFIER.sub("", of_cores[1] if of_cores else event)


def combine(counts: Iterable[tuple[str, Count]]) -> dict[str, Count]:
    """One count an event: the sum of those of several kinds of core. One whose cores rested adds nothing."""
    combined: dict[str, Count] = {}
    for event, count in counts:
        combined[event] = _both(combined[event], count) if event in combined else count
    return combined


class Intervals:
    """Puts the lines of one perf together, until each interval is whole.

    Nothing marks the last line of an interval. The first one is over when the second begins; from
    then on it is known how many lines there are.
    """

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._size: int | None = None
        self._ended = 0.0

    def feed(self, line: Line) -> list[Interval]:
        """The intervals that this line made whole: none, one or two."""
        if line.ended <= self._ended:
            return []  # an interval that is closed already; its length cannot be counted twice
        whole = []
        if self._lines and line.ended != self._lines[0].ended:
            whole.append(self._close())
        self._lines.append(line)
        if len(self._lines) == self._size:
            whole.append(self._close())
        return whole

    def _close(self) -> Interval:
        lines, self._lines = self._lines, []
        seconds = lines[0].ended - self._ended
        self._size, self._ended = len(lines), lines[0].ended
        return Interval(seconds, combine((line.event, line.counted) for line in lines))


class Tally:
    """Adds intervals up until somebody takes the sum."""

    def __init__(self) -> None:
        self._sum: Interval | None = None

    def add(self, interval: Interval) -> None:
        before = self._sum or Interval(0.0, {})
        counts = dict(before.counts)
        for event, count in interval.counts.items():
            counts[event] = _sum(counts[event], count) if event in counts else count
        self._sum = Interval(before.seconds + interval.seconds, counts)

    def take(self) -> Interval | None:
        """The sum since the last call; None when no interval ended."""
        taken, self._sum = self._sum, None
        return taken


def _count(value: str, unit: str) -> Count:
    if value == _NOT_SUPPORTED:
        return Count(None, unit, supported=False)
    if value == _NOT_COUNTED:
        return Count(None, unit, supported=True)
    number = plausible(int(value) if value.isdecimal() else float(value), COUNT)
    return Count(number, unit, supported=True)


def _both(one: Count, other: Count) -> Count:
    counted = [count for count in (one, other) if count.value is not None]
    return counted[0] if len(counted) == 1 else _sum(one, other)


def _sum(one: Count, other: Count) -> Count:
    """None when one of them is not known: a sum would be too low."""
    if not one.supported or not other.supported:
        return one if one.supported else other
    if one.value is None or other.value is None:
        return one._replace(value=None)
    return one._replace(value=round(one.value + other.value, 6))
