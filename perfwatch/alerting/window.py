"""The readings of the last minutes or hours of one number: statistics, and where it is going. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import fsum, sqrt
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from perfwatch.alerting.rules import Statistic

# What is more is spaced evenly. Theil and Sen's line takes a slope for each two samples.
MOST_SAMPLES = 1000
MOST_ON_A_LINE = 60
FEWEST_ON_A_LINE = 12

if TYPE_CHECKING:
    Numbers: TypeAlias = array[float]
else:
    Numbers = array  # takes no parameter before Python 3.12


class Window(Struct, gc=False):
    """Samples of a number at rising times, of which the first was at `began` and the newest at `last`.

    `times` are in seconds after `base`, which follows them: four bytes hold them well enough.
    """

    began: float
    times: Numbers
    values: Numbers
    base: float = 0.0
    last: float = 0.0

    def __post_init__(self) -> None:
        if self.times:
            self.last = self.last or self.times[-1]  # kept by a version whose times were since 1970

    @classmethod
    def empty(cls) -> Window:
        return cls(0.0, array("f"), array("d"))

    def add(self, time: float, value: float, length: float, gap: float, most: int = MOST_SAMPLES) -> bool:
        """Take a sample, and forget those that are `length` seconds old; after `gap` without one, all.

        Returns whether it stands beside the one before, and not in its place: `most` are kept.
        """
        if not 0 < time - self.last <= gap:
            del self.times[:], self.values[:]
        self._forget(time, length)
        times, values, at = self.times, self.values, time - self.base
        self.last = time
        if len(times) > 1 and at - times[-2] < length / most:
            times[-1], values[-1] = at, value
            return False
        times.append(at)
        values.append(value)
        return True

    def _forget(self, time: float, length: float) -> None:
        """Drop what is `length` seconds old, and move `base` on before times are too long for four bytes."""
        times, oldest, old = self.times, time - self.base - length, 0
        while old < len(times) and times[old] <= oldest:
            old += 1
        del times[:old], self.values[:old]
        if not times:
            self.began = self.base = time
        elif times[0] > length:
            first = times[0]
            self.base += first
            self.times = array("f", [each - first for each in times])

    def full(self, length: float) -> bool:
        """Whether the readings have come for so long, but for the last that has just gone out of sight."""
        return bool(self.times) and self.last - self.began >= length

    def statistic(self, name: Statistic) -> float:
        values = self.values
        match name:
            case "mean":
                return fsum(values) / len(values)
            case "min":
                return min(values)
            case "max":
                return max(values)
            case "change":
                return values[-1] - values[0]
            case "last":
                return values[-1]

    def seconds_until(self, level: float, length: float) -> float | None:
        """In how many seconds a straight line through the samples reaches `level` from below; 0 above it.

        The line is that of Theil and Sen: the median of the slopes between all pairs of samples. None
        when it does not rise, when there are fewer than 12 samples or they span less than half of `length`,
        and when they scatter around the line (median) by more than a quarter of what it rises meanwhile.
        """
        times, values = self.times, self.values
        if values[-1] >= level:
            return 0.0
        span = times[-1] - times[0]
        if len(times) < FEWEST_ON_A_LINE or span < length / 2:
            return None
        slope = _slope(times, values)
        flat = [value - slope * (time - times[0]) for time, value in zip(times, values, strict=True)]
        start = _median(flat)
        scatter = _median(abs(value - start) for value in flat)
        if slope <= 0 or scatter > slope * span / 4:
            return None
        return max(0.0, (level - start) / slope - span)


class Days(Struct, gc=False):
    """What a number is like at each hour of the last days: how many readings, their mean and sum of squares.

    `hours` has four numbers an hour: the hour since 1970, and those three. `usual` is mean and standard
    deviation at the newest hour, of the days before; None when there are too few.
    """

    hours: Numbers
    usual: tuple[float, float] | None = None

    @classmethod
    def empty(cls) -> Days:
        return cls(array("d"))

    def add(self, time: float, value: float, days: int, least: int) -> None:
        """Take a reading of `time` (seconds since 1970)."""
        hours, hour = self.hours, time // 3600
        if not hours or hours[-4] != hour:
            old = 0
            while old < len(hours) and not hour - 24 * days <= hours[old] < hour:
                old += 4
            del hours[:old]
            self.usual = self._usual(hour, least)
            hours.extend((hour, 0.0, 0.0, 0.0))
        # Welford's way: no sum grows beyond what a float holds exactly.
        count, mean = hours[-3] + 1, hours[-2]
        hours[-3], hours[-2] = count, mean + (value - mean) / count
        hours[-1] += (value - mean) * (value - hours[-2])

    def _usual(self, hour: float, least: int) -> tuple[float, float] | None:
        rows = list(zip(*(iter(self.hours),) * 4, strict=True))
        same = [row[1:] for row in rows if (hour - row[0]) % 24 == 0]
        if len(same) < least:
            return None
        total = fsum(count for count, _, _ in same)
        mean = fsum(count * each for count, each, _ in same) / total
        squares = fsum(square + count * (each - mean) ** 2 for count, each, square in same)
        return mean, sqrt(squares / total)


def _median(numbers: Iterable[float]) -> float:
    # Not by `statistics`, which brings fractions: 0.2 MB.
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def _slope(times: Numbers, values: Numbers) -> float:
    points = list(zip(times, values, strict=True))
    return _median(
        (later - value) / (then - time)
        for place, (time, value) in enumerate(points)
        for then, later in points[place + 1 :]
    )
