"""InfluxQL statements and what is in their answers. No input or output.

Every name and text in a statement goes through `name` or `text`; the retention policy is always named,
because a bucket called `<db>/<rp>` of InfluxDB 2 is never its database's default one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from msgspec import Struct

from perfwatch.history.line_protocol import plain, stored
from perfwatch.history.shapes import SHAPES, Listed, Named
from perfwatch.history.store import Bucket, Series

# What fits 64-bit nanoseconds, as InfluxDB keeps times: the years 1677 to 2262.
EARLIEST, LATEST = -9_223_372_036_854, 9_223_372_036_854

# With more parts than this, all parts are asked for and the others dropped here.
MAX_NAMED_PARTS = 64

# So short a bucket holds a few readings: they are asked for as they are and folded here. An hour of
# 16 series at 5 s then takes 42 ms instead of 366. The span bounds how many there can be.
FINE_INTERVAL, FINE_SPAN = 10_000, 6 * 3_600_000

# A power of two changes no digit of a float.
SCALE = 2.0**64


class Rows(Struct):
    """One table of an answer. `partial` says that the server cut it off."""

    name: str = ""
    tags: dict[str, str] = {}
    columns: list[str] = []
    values: list[list[Any]] = []
    partial: bool = False


class Result(Struct):
    statement_id: int = 0
    series: list[Rows] = []
    error: str | None = None


class Answer(Struct):
    results: list[Result] = []
    error: str | None = None


class Place(NamedTuple):
    """A database and one of its retention policies: the bucket `<db>/<rp>` of InfluxDB 2."""

    database: str
    name: str

    @property
    def bucket(self) -> str:
        return f"{self.database}/{self.name}"


class Group(NamedTuple):
    """Series that one statement answers: those that differ in their part only."""

    metric: str
    host: str
    tag: str
    field: str


def name(identifier: str) -> str:
    """An identifier, quoted."""
    return f'"{_escaped(identifier, chr(34))}"'


def text(value: str) -> str:
    """A string, quoted."""
    return f"'{_escaped(value, chr(39))}'"


def grouped(series: Iterable[Series]) -> dict[Group, list[Series]]:
    """The series by the statement that will answer them."""
    groups: dict[Group, list[Series]] = {}
    for one in series:
        groups.setdefault(Group(one.metric, one.host, one.tag, one.field), []).append(one)
    return groups


def buckets(
    place: Place, group: Group, parts: Sequence[str], start: int, stop: int, interval: int, scale: float = 1
) -> str:
    """Mean, min and max of each bucket and part, over start ≤ time < stop (all in ms)."""
    field = name(stored(group.field))
    where = " AND ".join(
        (
            *_conditions(group, parts),
            f"time >= {_clamped(start)}ms AND time < {_clamped(stop)}ms",
        )
    )
    tags = name(stored(group.tag)) if group.tag else "*"
    by = f"time({interval}ms), {tags}"
    source = f"{_measurement(place, group.metric)} WHERE {where}"
    if interval <= FINE_INTERVAL and stop - start <= FINE_SPAN:
        return f"SELECT {field} FROM {source} GROUP BY {tags}"
    if scale != 1:
        source = f"(SELECT {field} / {scale:.1f} AS {field} FROM {source} GROUP BY *) WHERE {where}"
    return f"SELECT mean({field}), min({field}), max({field}) FROM {source} GROUP BY {by} fill(none)"


def newest(place: Place, metric: str, host: str | None) -> str:
    """The last value of every field of every series: the cheapest way to learn which there are."""
    where = "" if host is None else f" WHERE {name('host')} = {text(stored(host))}"
    return f"SELECT last(*) FROM {_measurement(place, metric)}{where} GROUP BY *"


def end(place: Place, order: str) -> str:
    """The first row (order ASC) or the last (DESC) of each measurement."""
    return f"SELECT * FROM {_measurement(place)} ORDER BY time {order} LIMIT 1"


def count_before(place: Place, time: int) -> str:
    return f"SELECT count(*) FROM {_measurement(place)} WHERE time < {_clamped(time)}ms"


def read_buckets(
    group: Group, result: Result, interval: int, scale: float = 1
) -> Iterator[tuple[Series, list[Bucket]]]:
    """Each series in what `buckets` was answered."""
    for rows in result.series:
        tags = {plain(key): plain(value) for key, value in rows.tags.items() if value}
        others = tags.keys() - {"host", group.tag}
        if not others:
            one = Series(group.metric, group.host, group.tag, tags.get(group.tag, ""), group.field)
            if len(rows.columns) == 2:
                yield one, list(_folded(rows.values, interval))
                continue
            # A reading that arrives meanwhile may have a maximum and no mean yet: the next query has it.
            yield one, [_bucket(row, scale) for row in rows.values if None not in row]


def read_series(result: Result) -> Iterator[Series]:
    """Each series in what `newest` was answered; those of other programs are left out."""
    for rows in result.series:
        tags = {plain(key): plain(value) for key, value in rows.tags.items() if value}
        host = tags.pop("host", None)
        if host is None or len(tags) > 1:
            continue
        tag, part = next(iter(tags.items()), ("", ""))
        for column, value in zip(rows.columns, rows.values[0], strict=True):
            if column != "time" and isinstance(value, int | float):
                yield Series(plain(rows.name), host, tag, part, plain(column.removeprefix("last_")))


def read_times(results: Iterable[Result]) -> list[int]:
    return [row[0] for result in results for rows in result.series for row in rows.values]


def read_counts(result: Result) -> int:
    """The sum of all that `count_before` was answered."""
    return sum(sum(filter(None, row[1:])) for rows in result.series for row in rows.values)


def _measurement(place: Place, metric: str | None = None) -> str:
    measurement = "/.*/" if metric is None else name(stored(metric))
    return f"{name(place.database)}.{name(place.name)}.{measurement}"


def _conditions(group: Group, parts: Sequence[str]) -> Iterator[str]:
    yield f"{name('host')} = {text(stored(group.host))}"
    if not group.tag:
        # Without these, the whole would be read together with each of its parts.
        yield from (f"{name(tag)} = ''" for tag in _tags(group.metric))
    elif len(parts) <= MAX_NAMED_PARTS:
        named = " OR ".join(f"{name(stored(group.tag))} = {text(stored(part))}" for part in parts)
        yield f"({named})"


def _tags(metric: str) -> list[str]:
    shapes = SHAPES.get(metric, {}).values()
    return sorted({shape.tag for shape in shapes if isinstance(shape, Listed | Named)})


def _bucket(row: list[Any], scale: float) -> Bucket:
    """Rounding may put a mean outside what it is the mean of."""
    mean, low, high = (float(value) * scale for value in row[1:4])
    return Bucket(row[0], min(max(mean, low), high), low, high)


def _folded(rows: Iterable[list[Any]], interval: int) -> Iterator[Bucket]:
    for begin, inside in groupby(rows, lambda row: row[0] // interval * interval):
        values = [float(row[1]) for row in inside]
        low, high = min(values), max(values)
        yield Bucket(begin, min(max(sum(values) / len(values), low), high), low, high)


def _clamped(time: int) -> int:
    return min(max(time, EARLIEST), LATEST)


def _escaped(value: str, quote: str) -> str:
    return value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")
