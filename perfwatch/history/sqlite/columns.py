"""What a chunk holds once it is unpacked: columns in order of time. No input or output."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from perfwatch.history.rollup import Partial, floor
from perfwatch.history.sqlite import codec
from perfwatch.history.sqlite.codec import Column

# The start of a bucket (ms), and the places of what is in it: from the first up to the other.
Cut: TypeAlias = tuple[int, int, int]


class Columns(Protocol):
    """Each time (ms) is there once."""

    @property
    def times(self) -> Sequence[int]: ...

    def partials(self, cuts: Iterable[Cut]) -> Iterator[Partial]: ...


def cuts(times: Sequence[int], start: int, stop: int, interval: int) -> Iterator[Cut]:
    """Those of the buckets of `interval` ms over start ≤ time < stop (ms) that have something."""
    at, end = bisect_left(times, start), bisect_left(times, stop)
    while at < end:
        begin = floor(times[at], interval)
        upto = bisect_left(times, begin + interval, at, end) if interval > 1 else at + 1
        yield begin, at, upto
        at = upto


def partials(columns: Columns, start: int, stop: int, interval: int) -> Iterator[Partial]:
    """What they have of each of those buckets."""
    return columns.partials(cuts(columns.times, start, stop, interval))


class Readings(NamedTuple):
    times: Sequence[int]
    values: Column

    def partials(self, cuts: Iterable[Cut]) -> Iterator[Partial]:
        numbers, first, scale = self.values
        for begin, at, end in cuts:
            if end == at + 1:
                value = (numbers[at] + first) / scale
                yield Partial(begin, value, 1, value, value)
            else:
                inside, size = numbers[at:end], end - at
                total = (sum(inside) + size * first) / scale
                yield Partial(
                    begin, total, size, (min(inside) + first) / scale, (max(inside) + first) / scale
                )

    def since(self, time: int) -> Readings:
        at = bisect_left(self.times, time)
        return Readings(self.times[at:], self.values._replace(numbers=self.values.numbers[at:]))

    def with_newer(self, newer: Mapping[int, float]) -> Readings:
        """These and others, which take the place of those of the same time."""
        held = zip(self.times, self.values.floats(), strict=True)
        return readings({**dict(held), **newer} if self.times else newer)


class Rollups(NamedTuple):
    """What stretches that begin at `times` hold: so many readings, their sum, the lowest and the highest.

    The last three are one after another in `values`: as they are alike, they take fewer bytes so.
    """

    times: Sequence[int]
    counts: Sequence[int]
    values: Column

    def partials(self, cuts: Iterable[Cut]) -> Iterator[Partial]:
        counts, (numbers, first, scale), size = self.counts, self.values, len(self.times)
        for begin, at, end in cuts:
            total = (sum(numbers[at:end]) + (end - at) * first) / scale
            low = (min(numbers[size + at : size + end]) + first) / scale
            high = (max(numbers[2 * size + at : 2 * size + end]) + first) / scale
            yield Partial(begin, total, sum(counts[at:end]), low, high)


NO_READINGS = Readings((), Column([]))
NO_ROLLUPS = Rollups((), (), Column([]))


def readings(values: Mapping[int, float]) -> Readings:
    """Of values by time."""
    times = sorted(values)
    return Readings(times, codec.column(list(map(values.__getitem__, times))))


def rollups(partials: Iterable[Partial]) -> Rollups:
    """Of parts in order of time."""
    found = list(partials)
    if not found:
        return NO_ROLLUPS
    times, totals, counts, lows, highs = zip(*found, strict=True)
    return Rollups(times, counts, codec.column(totals + lows + highs))


def unpacked_readings(packed: bytes) -> Readings:
    times, values = codec.unpack(packed)
    return Readings(times.numbers, values)


def unpacked_rollups(packed: bytes) -> Rollups:
    times, counts, values = codec.unpack(packed)
    return Rollups(times.numbers, counts.numbers, values)
