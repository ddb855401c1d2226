"""How many series a host may have in the history. No input or output.

Every name in a payload makes a series. A collector gone wrong makes thousands of them in one message, and
what lists them then takes seconds for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import compress
from typing import TypeAlias

from perfwatch.history.store import Layout, Numbers, Part

DAY_MS = 86_400_000

# Of one host: metric, tag, part and field.
_Name: TypeAlias = tuple[str, str, str, str]

# What all names of a layout are made of, whichever host's it is.
_Names: TypeAlias = tuple[str, tuple[Part, ...]]


class SeriesLimit:
    """Lets a host have `limit` series; `full` is told once of each host that wants more.

    One that did not come for a day is another one's place. `left_out` counts the numbers without a place.
    """

    def __init__(self, limit: int, full: Callable[[str], None]) -> None:
        self.limit = limit
        self.left_out = 0
        self._full = full
        self._hosts: dict[str, _Host] = {}
        self._told: set[str] = set()

    @property
    def full_hosts(self) -> list[str]:
        return sorted(self._told)

    def admitted(self, layout: Layout, size: int, day: int) -> list[bool]:
        """Which of the layout's numbers have a place on that day, counted since 1970; empty when all have.

        `size` is how many there are.
        """
        metric, name = layout.whose
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(self.limit)
        if host.has_room((metric, layout.parts), size, day):
            return []
        admitted = host.admitted((metric, layout.parts), day)
        if all(admitted):
            return []
        if name not in self._told:
            self._told.add(name)
            self._full(name)
        return admitted


def _each(names: _Names) -> Iterator[_Name]:
    metric, parts = names
    return ((metric, part.tag, part.name, field) for part in parts for field in part.fields)


class _Host:
    """The series of one host: counted, and by name only once they may be more than `limit`.

    Its layouts are few, and their names many: nearly every host never comes so far.
    """

    def __init__(self, limit: int) -> None:
        self._limit = self._room = limit
        self._counted: dict[_Names, int] = {}
        self._seen: dict[_Name, int] = {}

    def has_room(self, names: _Names, size: int, day: int) -> bool:
        """Whether there is room for `size` names, even if no other layout has one of them, too."""
        # Put last again, as `_admit` does.
        if self._counted.pop(names, None) is None:
            if size > self._room:
                return False
            self._room -= size
        self._counted[names] = day
        return True

    def admitted(self, names: _Names, day: int) -> list[bool]:
        """Which of the names have a place on that day."""
        for known, last in self._counted.items():
            self._admit_all(known, last)
        self._counted, self._room = {}, -1
        return self._admit_all(names, day)

    def _admit_all(self, names: _Names, day: int) -> list[bool]:
        return [self._admit(name, day) for name in _each(names)]

    def _admit(self, name: _Name, day: int) -> bool:
        seen = self._seen
        if name not in seen and len(seen) >= self._limit:
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
        self._layout: Layout | None = None
        self._until = 0
        self._admitted: list[bool] = []
        self._kept: Layout | None = None

    def pass_on(self, numbers: Numbers, now: int) -> Numbers:
        """`now` is in milliseconds since 1970."""
        if numbers.layout is not self._layout or now >= self._until:
            self._look_at(numbers, now // DAY_MS)
        if self._kept is None:
            return numbers
        values = list(compress(numbers.values, self._admitted))
        self._series.left_out += len(numbers.values) - len(values)
        return Numbers(self._kept, numbers.time, values)

    def _look_at(self, numbers: Numbers, day: int) -> None:
        self._layout, self._until = numbers.layout, (day + 1) * DAY_MS
        self._admitted = self._series.admitted(numbers.layout, len(numbers.values), day)
        self._kept = _cut(numbers.layout, self._admitted) if self._admitted else None


def _cut(layout: Layout, admitted: list[bool]) -> Layout:
    """The layout of the numbers that are admitted."""
    places = iter(admitted)
    parts = [part._replace(fields=tuple(compress(part.fields, places))) for part in layout.parts]
    return Layout(*layout.whose, tuple(part for part in parts if part.fields))
