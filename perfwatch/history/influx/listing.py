"""Which series a bucket has, told by rows: a server finds those in a quarter of the time of each last value.

A server looks at every column of every series in each week that it is asked about. So it is asked for the
newest rows of the last hours, in the columns that a few hosts have; then, by name, for the things of its
index that have said nothing lately. What a thing lacks by then may be in an older row: that is asked last, of
those things alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self, TypeAlias

from perfwatch.history.influx.buckets import Stretch
from perfwatch.history.influx.line_protocol import stored
from perfwatch.history.influx.query import (
    MAX_NAMED_PARTS,
    Place,
    Result,
    Thing,
    between,
    measurement,
    name,
    text,
    thing_of,
)
from perfwatch.history.rollup import HOUR
from perfwatch.history.shapes import SHAPES, Listed
from perfwatch.history.store import Series

_Ask: TypeAlias = Callable[[Sequence[str]], list[Result]]

# Collectors read each hour at least. More would seldom find more, and would more often be of two weeks.
RECENT_MS = 2 * HOUR

# By metric and tag: parts that have no other numbers than these.
_LISTED = {
    (metric, tag): {
        shape.field for shape in shapes.values() if isinstance(shape, Listed) and shape.tag == tag
    }
    for metric, shapes in SHAPES.items()
    for tag in {shape.tag for shape in shapes.values() if isinstance(shape, Listed)}
}

# So many hosts tell which columns to ask all others for.
_SAMPLE = 3


class Source(NamedTuple):
    """One metric of a tier: of a pattern, the fields of every metric would be looked for.

    `columns` are its numbers there, each with the number's own name. `condition` is an InfluxQL one.
    """

    place: Place
    metric: str
    host: str | None
    stretch: Stretch
    columns: Mapping[str, str]
    condition: str = ""

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(self.columns.values())

    def of(self, tag: str, tags: Collection[str]) -> Self:
        """Only what has that tag, out of those (none: the host itself)."""
        if fields := _LISTED.get((self.metric, tag)):
            columns = {column: number for column, number in self.columns.items() if number in fields}
            self = self._replace(columns=columns)
        if len(tags) == 1:
            return self
        if tag:
            return self._replace(condition=f"{self.condition} AND {name(stored(tag))} != ''")
        without = "".join(f" AND {name(stored(other))} = ''" for other in sorted(tags) if other)
        return self._replace(condition=self.condition + without)

    def of_hosts(self, hosts: Iterable[str]) -> Iterator[Self]:
        """The same of those hosts, in as many pieces as it takes to name them."""
        wanted = sorted(set(hosts))
        for first in range(0, len(wanted), MAX_NAMED_PARTS):
            some = wanted[first : first + MAX_NAMED_PARTS]
            named = " OR ".join(f"{name('host')} = {text(stored(host))}" for host in some)
            yield self._replace(condition=f"{self.condition} AND ({named})")

    def rows(self, numbers: Collection[str]) -> str:
        """The rows that have any of those."""
        columns = ", ".join(name(column) for column, number in self.columns.items() if number in numbers)
        host = "" if self.host is None else f" AND {name('host')} = {text(stored(self.host))}"
        where = f"{between(*self.stretch)}{host}{self.condition}"
        return f"SELECT {columns} FROM {measurement(self.place, self.metric)} WHERE {where}"

    def newest(self, numbers: Collection[str]) -> str:
        """The newest of those rows of each series."""
        return f"{self.rows(numbers)} GROUP BY * ORDER BY time DESC LIMIT 1"


class _Kind(NamedTuple):
    """The things of a source that have the same tag."""

    source: Source
    things: Collection[Thing]

    @property
    def hosts(self) -> list[str]:
        return sorted({thing.host for thing in self.things})

    def since(self, start: int) -> Self:
        return self._replace(source=self.source._replace(stretch=self.source.stretch._replace(start=start)))


class Listing:
    """What is found of one tier after another: things, each with the names of its numbers."""

    def __init__(self, ask: _Ask) -> None:
        self._ask = ask
        self._found: dict[Thing, frozenset[str]] = {}

    def series(self) -> Iterator[Series]:
        """In no order. Those of other programs are left out."""
        for thing, numbers in self._found.items():
            for number in numbers:
                yield Series(*thing, number)

    def look(self, sources: Sequence[Source], index: Collection[Thing] | None, now: int) -> None:
        """Take what those have. `index` is all that the tier has or has had; None where nobody knows."""
        if index is None:
            seen = self._take((source, source.newest(source.numbers)) for source in sources)
            self._complete(_kinds(sources, seen))
            return
        kinds = _kinds(sources, index)
        if not self._found:
            self._take_recent([kind.since(now - RECENT_MS) for kind in kinds])
        self._take_older(kinds)
        self._complete(kinds)

    def _take_recent(self, kinds: Sequence[_Kind]) -> None:
        """Of a few hosts all numbers, of the others those that these have; then what is still missing."""
        samples = [(kind, kind.hosts[:: len(kind.hosts) // _SAMPLE or 1]) for kind in kinds]
        self._take(
            (part, part.newest(kind.source.numbers))
            for kind, hosts in samples
            for part in kind.source.of_hosts(hosts)
        )
        self._take(
            (kind.source, kind.source.newest(self._some(kind) or kind.source.numbers))
            for kind, hosts in samples
            if len(hosts) < len(kind.hosts)
        )
        self._complete([kind._replace(things=self._found.keys() & set(kind.things)) for kind in kinds])

    def _take_older(self, kinds: Sequence[_Kind]) -> None:
        """What has said nothing lately, by the names of its hosts."""
        silent = [{thing.host for thing in kind.things if thing not in self._found} for kind in kinds]
        self._take(
            (part, part.newest(kind.source.numbers))
            for kind, hosts in zip(kinds, silent, strict=True)
            for part in kind.source.of_hosts(hosts)
        )

    def _complete(self, kinds: Sequence[_Kind]) -> None:
        """Look for what things lack in rows before their newest, until these tell nothing new."""
        kinds = [kind for kind in kinds if kind.things]
        pending = list(zip(kinds, self._possible(kinds), strict=True))
        while pending:
            told = self._take(
                (part, part.newest(lacking))
                for kind, numbers in pending
                for lacking, hosts in self._lacking(kind, numbers).items()
                for part in kind.source.of_hosts(hosts)
            )
            grown = {thing for thing, is_new in told.items() if is_new}
            again = ((kind._replace(things=grown & set(kind.things)), numbers) for kind, numbers in pending)
            pending = [(kind, numbers) for kind, numbers in again if kind.things]

    def _possible(self, kinds: Sequence[_Kind]) -> list[frozenset[str]]:
        """Which numbers the things of each kind may have: those that one has, or all if it has more."""
        some = [self._some(kind) for kind in kinds]
        asked = [(kind, kind.source.numbers - has) for kind, has in zip(kinds, some, strict=True)]
        results = iter(self._ask([f"{kind.source.rows(absent)} LIMIT 1" for kind, absent in asked if absent]))
        return [
            kind.source.numbers if absent and next(results).series else has
            for (kind, absent), has in zip(asked, some, strict=True)
        ]

    def _some(self, kind: _Kind) -> frozenset[str]:
        return kind.source.numbers & frozenset[str]().union(
            *(self._found.get(one, ()) for one in kind.things)
        )

    def _lacking(self, kind: _Kind, numbers: frozenset[str]) -> dict[frozenset[str], set[str]]:
        """By the numbers that are not found of them, the hosts of things."""
        lacking: dict[frozenset[str], set[str]] = {}
        for thing in kind.things:
            lacking.setdefault(numbers - self._found.get(thing, frozenset()), set()).add(thing.host)
        lacking.pop(frozenset(), None)
        return lacking

    def _take(self, asked: Iterable[tuple[Source, str]]) -> dict[Thing, bool]:
        """Take what those statements find: of which things, and whether more is known of each now."""
        pairs, told = list(asked), dict[Thing, bool]()
        for (source, _), result in zip(pairs, self._ask([statement for _, statement in pairs]), strict=True):
            for rows in result.series:
                if (thing := thing_of(rows.name, rows.tags)) is None:
                    continue
                cells = zip(rows.columns[1:], rows.values[0][1:], strict=True)
                numbers = frozenset([source.columns[column] for column, cell in cells if cell is not None])
                known = self._found.get(thing)
                if is_new := known is None or not numbers <= known:
                    self._found[thing] = numbers if known is None else known | numbers
                told[thing] = told.get(thing, False) or is_new
        return told


def _kinds(sources: Sequence[Source], things: Iterable[Thing]) -> list[_Kind]:
    found: dict[str, dict[str, list[Thing]]] = {}
    for thing in things:
        found.setdefault(thing.metric, {}).setdefault(thing.tag, []).append(thing)
    kinds = (
        _Kind(source.of(tag, tags), some)
        for source in sources
        for tags in [found.get(source.metric, {})]
        for tag, some in tags.items()
    )
    return [kind for kind in kinds if kind.source.numbers]
