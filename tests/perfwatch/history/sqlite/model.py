"""A naive history: every number in a dictionary, and every question answered by looking at all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from perfwatch.history.rollup import HOUR, MINUTE, NEVER, floor
from perfwatch.history.store import Point, Series


class Model:
    """What a TieredStore says after each upkeep that was brought to its end."""

    def __init__(self) -> None:
        self.raw: defaultdict[Series, dict[int, float]] = defaultdict(dict)
        # What was thinned out, by the start of its minute.
        self.minutes: defaultdict[Series, dict[int, list[float]]] = defaultdict(dict)
        self.raw_from: dict[Series, int] = {}
        self.rolled_to = NEVER

    def write(self, points: Iterable[Point]) -> None:
        for point in points:
            for field, value in point.fields.items():
                self.raw[Series(*point[:4], field)][point.time] = value

    def roll_up(self, until: int) -> None:
        self.rolled_to = max(self.rolled_to, floor(until, HOUR))
        for series, begins in self.raw_from.items():
            self._join(series, begins)

    def thin(self, before: int) -> None:
        cut = min(floor(before, HOUR), self.rolled_to)
        for series, values in self.raw.items():
            hours = [floor(time, HOUR) + HOUR for time in values if floor(time, HOUR) < cut]
            if hours:
                self.raw_from[series] = max(self.raw_from.get(series, NEVER), *hours)
                self._join(series, self.raw_from[series])

    def forget(self, before: int) -> None:
        self.roll_up(self.rolled_to)
        for series in set(self.series()):
            self.raw[series] = {time: v for time, v in self.raw[series].items() if time >= before}
            kept = {time: v for time, v in self.minutes[series].items() if time >= floor(before, MINUTE)}
            self.minutes[series] = kept
        for series in [*self.raw_from]:
            if series not in self.series():
                del self.raw_from[series]

    def series(self) -> list[Series]:
        return sorted(
            {*(s for s, held in self.raw.items() if held), *(s for s, held in self.minutes.items() if held)}
        )

    def buckets(
        self, series: Series, start: int, stop: int, interval: int
    ) -> Iterator[tuple[int, list[float]]]:
        """The start of each bucket, and all that counts for it."""
        found: defaultdict[int, list[float]] = defaultdict(list)
        for time, values in self._counted(series):
            if start <= time < stop:
                found[floor(time, interval)] += values
        yield from sorted(found.items())

    def _counted(self, series: Series) -> Iterator[tuple[int, list[float]]]:
        yield from self.minutes[series].items()
        for time, value in self.raw[series].items():
            yield time, [value]

    def _join(self, series: Series, begins: int) -> None:
        for time in [time for time in self.raw[series] if floor(time, HOUR) < begins]:
            self.minutes[series].setdefault(floor(time, MINUTE), []).append(self.raw[series].pop(time))
