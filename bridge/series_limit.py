"""How many series a host may have in the history. No input or output.

Every name in a payload makes a series. A collector gone wrong makes thousands of them in one message, and
what lists them then takes seconds for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import compress
from typing import TypeAlias

from perfwatch.history.store import Layout, Numbers

DAY_MS = 86_400_000

# Of one host: metric, tag, part and field.
_Name: TypeAlias = tuple[str, str, str, str]


class SeriesLimit:
    """Lets a host have `limit` series; `full` is told once of each host that wants more.

    One that did not come for a day is another one's place. `left_out` counts the numbers without a place.
    """

    def __init__(self, limit: int, full: Callable[[str], None]) -> None:
        self.limit = limit
        self.left_out = 0
        self._full = full
        self._hosts: dict[str, dict[_Name, int]] = {}
        self._told: set[str] = set()

    @property
    def full_hosts(self) -> list[str]:
        return sorted(self._told)

    def admitted(self, layout: Layout, day: int) -> list[bool]:
        """Which of the layout's numbers have a place on that day, counted since 1970."""
        metric, host = layout.whose
        seen = self._hosts.setdefault(host, {})
        admitted = [self._admit(seen, (metric, *name), day) for name in _names(layout)]
        if not all(admitted) and host not in self._told:
            self._told.add(host)
            self._full(host)
        return admitted

    def _admit(self, seen: dict[_Name, int], name: _Name, day: int) -> bool:
        if name not in seen and len(seen) >= self.limit:
            oldest = next(iter(seen))
            if seen[oldest] >= day - 1:
                return False
            del seen[oldest]
        # Put last again when it comes on another day: so the first is the one that is away for longest.
        if seen.get(name) != day:
            seen.pop(name, None)
            seen[name] = day
        return True


class Gate:
    """The numbers of one topic, as far as their host may have them. Most often the layout is the last one."""

    def __init__(self, series: SeriesLimit) -> None:
        self._series = series
        self._looked_at: tuple[Layout, int] | None = None
        self._admitted: list[bool] = []
        self._kept: Layout | None = None

    def pass_on(self, numbers: Numbers, now: int) -> Numbers:
        """`now` is in milliseconds since 1970."""
        looking_at = (numbers.layout, now // DAY_MS)
        if looking_at != self._looked_at:
            self._looked_at = looking_at
            self._admitted = self._series.admitted(*looking_at)
            self._kept = None if all(self._admitted) else _cut(numbers.layout, self._admitted)
        if self._kept is None:
            return numbers
        values = list(compress(numbers.values, self._admitted))
        self._series.left_out += len(numbers.values) - len(values)
        return Numbers(self._kept, numbers.time, values)


def _names(layout: Layout) -> Iterator[tuple[str, str, str]]:
    return ((part.tag, part.name, field) for part in layout.parts for field in part.fields)


def _cut(layout: Layout, admitted: list[bool]) -> Layout:
    """The layout of the numbers that are admitted."""
    places = iter(admitted)
    parts = [part._replace(fields=tuple(compress(part.fields, places))) for part in layout.parts]
    return Layout(*layout.whose, tuple(part for part in parts if part.fields))
