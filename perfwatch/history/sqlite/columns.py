"""What a chunk holds once it is unpacked: columns in order of time. No input or output."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from perfwatch.history.rollup import Partial, floor


class Columns(Protocol):
    """Each time (ms) is there once."""

    times: Sequence[int]

    def partials(self, start: int, stop: int, interval: int) -> Iterator[Partial]:
        """Parts of buckets of `interval` ms over start ≤ time < stop (ms)."""


class Readings(NamedTuple):
    times: Sequence[int]
    values: Sequence[float]

    def partials(self, start: int, stop: int, interval: int) -> Iterator[Partial]:
        values = self.values
        for begin, at, end in _buckets(self.times, start, stop, interval):
            if end == at + 1:
                value = values[at]
                yield Partial(begin, value, 1, value, value)
            else:
                inside = values[at:end]
                yield Partial(begin, sum(inside), end - at, min(inside), max(inside))

    def since(self, time: int) -> Readings:
        at = bisect_left(self.times, time)
        return Readings(self.times[at:], self.values[at:])

    def with_newer(self, newer: Mapping[int, float]) -> Readings:
        """These and others, which take the place of those of the same time."""
        return readings({**dict(zip(self.times, self.values, strict=True)), **newer}.items())


class Rollups(NamedTuple):
    """Means of stretches that begin at `times`, as sums of so many readings."""

    times: Sequence[int]
    totals: Sequence[float]
    counts: Sequence[int]
    lows: Sequence[float]
    highs: Sequence[float]

    def partials(self, start: int, stop: int, interval: int) -> Iterator[Partial]:
        times, totals, counts, lows, highs = self
        for begin, at, end in _buckets(times, start, stop, interval):
            if end == at + 1:
                yield Partial(begin, totals[at], counts[at], lows[at], highs[at])
            else:
                yield Partial(
                    begin, sum(totals[at:end]), sum(counts[at:end]), min(lows[at:end]), max(highs[at:end])
                )

    def between(self, start: int, stop: int) -> Rollups:
        at, end = bisect_left(self.times, start), bisect_left(self.times, stop)
        return Rollups(*(column[at:end] for column in self))


NO_READINGS = Readings((), ())
NO_ROLLUPS = Rollups((), (), (), (), ())


def readings(points: Iterable[tuple[int, float]]) -> Readings:
    """Of points in any order; the last of a time stays."""
    found = sorted(dict(points).items())
    return Readings(*zip(*found, strict=True)) if found else NO_READINGS


def rollups(partials: Iterable[Partial]) -> Rollups:
    """Of parts in order of time."""
    found = list(partials)
    return Rollups(*zip(*found, strict=True)) if found else NO_ROLLUPS


def _buckets(
    times: Sequence[int], start: int, stop: int, interval: int
) -> Iterator[tuple[int, int, int]]:
    """The start of each bucket that has something, and which places in `times` it has."""
    at, end = bisect_left(times, start), bisect_left(times, stop)
    while at < end:
        begin = floor(times[at], interval)
        upto = bisect_left(times, begin + interval, at, end) if interval > 1 else at + 1
        yield begin, at, upto
        at = upto
