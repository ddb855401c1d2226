"""Raw rows of an InfluxDB answer made into rollups, as lines to write back. No input or output.

The rollup of a minute or an hour stands under the measurement and tags of its readings, and one tag more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import isnan
from typing import Any, NamedTuple, TypeAlias

from perfwatch.history.influx.line_protocol import escaped_key, head_of, plain, stored
from perfwatch.history.influx.query import ROLLUP, Place, Result, Rows, between, measurement, name, text
from perfwatch.history.influx.query_buckets import KINDS, joined
from perfwatch.history.rollup import Partial, floor

# What ROLLUP says: made of all readings of an hour, or of those that came when it had been thinned.
BASE, LATE = "base", "late"

# The rollups of one interval, by field as the server names it.
Fields: TypeAlias = dict[str, Partial]


class Table(NamedTuple):
    """The rollups of one thing, a row an interval, in order of time. `head` begins each of its lines."""

    head: str
    rows: list[tuple[int, Fields]]


def readings(place: Place, metric: str, host: str, start: int, stop: int) -> str:
    """Asks for all rows of one metric of a host as they are: quicker than sums by the server."""
    where = f"{name('host')} = {text(stored(host))} AND {between(start, stop)}"
    return f"SELECT * FROM {measurement(place, metric)} WHERE {where} GROUP BY *"


def minutes(result: Result, length: int) -> Iterator[Table]:
    """The rollups of that `length` (ms) of what `readings` was answered from the raw tier."""
    for head, rows in _ours(result):
        times, *columns = zip(*rows.values, strict=True)
        found = _stretches(times, length)
        for column, cells in zip(rows.columns[1:], columns, strict=True):
            # A server gives each part the columns of all others too.
            if cells.count(None) < len(cells):
                for _, first, last, fields in found:
                    if made := _made(cells[first:last]):
                        fields[column] = made
        yield Table(head, [(begin, fields) for begin, _, _, fields in found if fields])


def kept(result: Result, rollup: str) -> Iterator[Table]:
    """What `readings` was answered from a tier of rollups."""
    for head, rows in _ours(result):
        if rows.tags.get(ROLLUP) == rollup:
            yield Table(head, [(row[0], _kept_fields(rows.columns, row)) for row in rows.values])


def coarser(table: Table, length: int) -> Table:
    """Intervals of `length` (ms) out of shorter ones."""
    groups = groupby(table.rows, lambda row: floor(row[0], length))
    return Table(
        table.head, [(begin, _joined(begin, (row[1] for row in inside))) for begin, inside in groups]
    )


def lines(tables: Iterable[Table], rollup: str) -> Iterator[str]:
    for head, rows in tables:
        for begin, fields in rows:
            if pairs := ",".join(_pair(field, made) for field, made in fields.items()):
                yield f"{head},{ROLLUP}={rollup} {pairs} {begin}"


def numbers(tables: Iterable[Table]) -> int:
    """How many readings they are made of."""
    return sum(made.readings for _, rows in tables for _, fields in rows for made in fields.values())


def _ours(result: Result) -> Iterator[tuple[str, Rows]]:
    """The tables of our own points, which have a host and at most one tag more."""
    for rows in result.series:
        tags = {plain(key): plain(value) for key, value in rows.tags.items() if value and key != ROLLUP}
        host = tags.pop("host", None)
        if host is not None and len(tags) <= 1:
            tag, part = next(iter(tags.items()), ("", ""))
            yield head_of((plain(rows.name), host, tag, part)), rows


def _stretches(times: Sequence[int], length: int) -> list[tuple[int, int, int, Fields]]:
    """The beginning of each interval, where its rows begin and end, and room for its fields."""
    found: list[tuple[int, int, int, Fields]] = []
    last = 0
    for begin, inside in groupby(times, lambda time: floor(time, length)):
        first, last = last, last + sum(1 for _ in inside)
        found.append((begin, first, last, {}))
    return found


def _made(cells: Sequence[Any]) -> Partial | None:
    there = [cell for cell in cells if type(cell) in (float, int)]
    if not there:
        return None
    return Partial(0, float(sum(there)), len(there), float(min(there)), float(max(there)))


def _kept_fields(columns: list[str], row: list[Any]) -> Fields:
    cells: dict[str, Any] = dict(zip(columns, row, strict=True))
    found = {}
    for column, total in cells.items():
        field = column.removeprefix("sum_")
        if total is not None and field != column:
            count, low, high = (float(cells[f"{kind}_{field}"]) for kind in KINDS[1:])
            found[field] = Partial(0, float(total), int(count), low, high)
    return found


def _joined(begin: int, rows: Iterable[Fields]) -> Fields:
    found: dict[str, list[Partial]] = {}
    for fields in rows:
        for field, made in fields.items():
            found.setdefault(field, []).append(made)
    return {field: joined(begin, made) for field, made in found.items()}


def _pair(field: str, made: Partial) -> str:
    key = escaped_key(field)
    values = (_finite(made.total), float(made.readings), made.low, made.high)
    return ",".join(f"{kind}_{key}={value!r}" for kind, value in zip(KINDS, values, strict=True))


def _finite(total: float) -> float:
    """A sum past the largest float: no server keeps infinity, and the mean is cut to what is possible."""
    return 0.0 if isnan(total) else min(max(total, -sys.float_info.max), sys.float_info.max)
