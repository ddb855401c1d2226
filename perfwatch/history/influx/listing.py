"""Which series a bucket has, told by rows: a server finds those in a quarter of the time of each last value.

The newest row of a series has the fields of now. What is not in it may be in an older one, so this is asked
for too: fields that no series of a kind has now all at once, which costs next to nothing; others one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Self, TypeAlias

from perfwatch.history.influx.buckets import Stretch
from perfwatch.history.influx.line_protocol import plain, stored
from perfwatch.history.influx.query import ROLLUP, Place, Result, Rows, between, measurement, name, text
from perfwatch.history.shapes import SHAPES, Listed
from perfwatch.history.store import Series

_Ask: TypeAlias = Callable[[Sequence[str]], list[Result]]

# Many parts with few fields: to look for all fields of the metric in each takes most of the time.
_LISTED = {
    metric: [(shape.tag, shape.field) for shape in shapes.values() if isinstance(shape, Listed)]
    for metric, shapes in SHAPES.items()
}


class Source(NamedTuple):
    """What is asked about: one metric, since of a pattern the fields of every metric would be looked for.

    With a `tag` only what has it; then the newest rows are likely to have only the `likely` columns.
    """

    place: Place
    metric: str
    host: str | None
    stretch: Stretch
    columns: Sequence[str]
    condition: str = ""
    tag: str = ""
    likely: Sequence[str] = ()

    def of(self, tag: str, tags: Iterable[str]) -> Self:
        """Only what has that tag, out of those (none: the host itself)."""
        if tag:
            return self._replace(condition=f"{self.condition} AND {name(stored(tag))} != ''", tag=tag)
        without = "".join(f" AND {name(stored(other))} = ''" for other in tags if other)
        return self._replace(condition=self.condition + without)

    def split(self, prefix: str) -> list[Self]:
        """Itself; or what has a tag of many parts with few fields, and the rest."""
        likely: dict[str, list[str]] = {}
        for tag, field in _LISTED.get(self.metric, []):
            if prefix + field in self.columns:
                likely.setdefault(tag, []).append(prefix + field)
        parts = [self.of(tag, ())._replace(likely=some) for tag, some in likely.items()]
        return [self.of("", likely), *parts]

    def rows(self, columns: Iterable[str]) -> str:
        """The rows that have any of those columns."""
        host = "" if self.host is None else f" AND {name('host')} = {text(stored(self.host))}"
        where = f"{between(*self.stretch)}{host}{self.condition}"
        source = f"{measurement(self.place, self.metric)} WHERE {where}"
        return f"SELECT {', '.join(map(name, columns))} FROM {source}"

    def newest(self, columns: Iterable[str]) -> str:
        """The newest of those rows of each series."""
        return f"{self.rows(columns)} GROUP BY * ORDER BY time DESC LIMIT 1"


def listed(ask: _Ask, sources: Sequence[Source], prefix: str = "") -> Iterator[Series]:
    """The series of those columns, whose names begin with `prefix`, in no order.

    One may come twice when several sources have it. Those of other programs are left out.
    """
    newest = ask([source.newest(source.likely or source.columns) for source in sources])
    kinds = [kind for both in zip(sources, newest, strict=True) for kind in _kinds(*both)]
    lacking = [kind for kind in kinds if kind.absent]
    rows = ask([f"{kind.source.rows(kind.absent)} LIMIT 1" for kind in lacking])
    doubtful = [(kind, kind.uncertain) for kind in kinds]
    doubtful += [(kind, kind.absent) for kind, result in zip(lacking, rows, strict=True) if result.series]
    asked = [(kind, column) for kind, some in doubtful for column in some]
    older = ask([kind.source.newest([column]) for kind, column in asked])
    for (kind, _), result in zip(asked, older, strict=True):
        kind.add(result)
    for kind in kinds:
        yield from kind.series(prefix)


class _Thing(NamedTuple):
    """What has numbers: a host, or a part of it."""

    metric: str
    host: str
    tag: str
    part: str


class _Kind:
    """The things of one source that have the same tag, and which columns each has, as far as is known.

    `uncertain` columns are in the newest rows of some of them only, `absent` ones of none.
    """

    def __init__(self, source: Source, things: dict[_Thing, frozenset[str]]) -> None:
        self.source = source
        self._things = things
        alike = set(things.values()) or {frozenset()}
        some = frozenset.union(*alike)
        self.uncertain = sorted(some - frozenset.intersection(*alike))
        self.absent = sorted(set(source.columns) - some)

    def add(self, result: Result) -> None:
        for thing, columns in _present(result):
            self._things[thing] = self._things.get(thing, frozenset()) | columns

    def series(self, prefix: str) -> Iterator[Series]:
        fields = {column: plain(column.removeprefix(prefix)) for column in self.source.columns}
        for thing, columns in self._things.items():
            for column in columns:
                yield Series(*thing, fields[column])


def _kinds(source: Source, result: Result) -> Iterator[_Kind]:
    found: dict[str, dict[_Thing, frozenset[str]]] = {source.tag: {}} if source.tag else {}
    for thing, present in _present(result):
        things = found.setdefault(thing.tag, {})
        things[thing] = things.get(thing, frozenset()) | present
    for tag, things in found.items():
        yield _Kind(source if len(found) == 1 else source.of(tag, found), things)


def _present(result: Result) -> Iterator[tuple[_Thing, frozenset[str]]]:
    """Each thing of ours, and the columns that its row has."""
    for rows in result.series:
        if (thing := _thing(rows)) is not None:
            cells = zip(rows.columns[1:], rows.values[0][1:], strict=True)
            yield thing, frozenset([column for column, cell in cells if cell is not None])


def _thing(rows: Rows) -> _Thing | None:
    tags = {plain(key): plain(value) for key, value in rows.tags.items() if value}
    tags.pop(ROLLUP, None)
    host = tags.pop("host", None)
    if host is None or len(tags) > 1:
        return None
    return _Thing(plain(rows.name), host, *next(iter(tags.items()), ("", "")))
