"""InfluxQL for buckets of series out of one tier, and what is in its answers. No input or output.

A rollup of the field `user` is kept as `sum_user`, `count_user`, `min_user` and `max_user`: sums, because
means of means would have to be weighted by the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from perfwatch.history.influx.line_protocol import plain, stored, stored_field
from perfwatch.history.influx.query import (
    ROLLUP,
    Group,
    Place,
    Result,
    between,
    conditions,
    measurement,
    name,
)
from perfwatch.history.rollup import RAW, Partial, Slice, floor
from perfwatch.history.store import Series

# Rows are asked for as they are and folded here where a bucket holds few of them: the server takes 15 µs
# for each bucket and column, however little is in it. An hour of 16 series at 5 s: 42 ms instead of 366.
# The spans bound how many rows there can be.
FINE_INTERVAL, FINE_SPAN = 10_000, 6 * 3_600_000
FEW_ROWS, MOST_ROWS = 3, 5000

# A power of two changes no digit of a float.
SCALE = 2.0**64

KINDS = ("sum", "count", "min", "max")


class Cut(NamedTuple):
    """Into buckets of which `interval` (ms), what values are divided by, and whether of one part alone.

    Then no bucket is put together of two, and raw ones need no count: it adds a third to their cost.
    `absent_is_empty` as the server's `Buckets` have it.
    """

    interval: int
    alone: bool
    absent_is_empty: bool
    scale: float = 1


def statement(place: Place, group: Group, parts: Sequence[str], part: Slice, cut: Cut) -> str:
    """Sum, count, min and max of each bucket and part of the host, in that stretch of a tier."""
    where = " AND ".join((*conditions(group, parts, cut.absent_is_empty), between(part.start, part.stop)))
    tags = name(stored(group.tag)) if group.tag else "*"
    source = f"{measurement(place, group.metric)} WHERE {where}"
    columns = _columns(part.tier, stored_field(group.metric, group.field))
    if _as_they_are(part, cut.interval):
        return f"SELECT {', '.join(columns)} FROM {source} GROUP BY {tags}"
    if cut.scale != 1:
        scaled = ", ".join(_scaled(column, cut.scale) for column in columns)
        source = f"(SELECT {scaled} FROM {source} GROUP BY *) WHERE {where}"
    made = ", ".join(_aggregates(part.tier, columns, cut.alone))
    return f"SELECT {made} FROM {source} GROUP BY time({cut.interval}ms), {tags} fill(none)"


def read(group: Group, result: Result, part: Slice, cut: Cut) -> dict[Series, list[Partial]]:
    """Each series in what `statement` was answered, in order of time."""
    fine = _as_they_are(part, cut.interval)
    found: dict[Series, list[Partial]] = {}
    for rows in result.series:
        tags = {plain(key): plain(value) for key, value in rows.tags.items() if value}
        if tags.keys() - {"host", group.tag, ROLLUP}:
            continue
        one = Series(group.metric, group.host, group.tag, tags.get(group.tag, ""), group.field)
        pieces = list(_pieces(rows.values, part.tier, cut) if fine else _made(rows.values))
        # What came after its hour was thinned is in rows of its own.
        found[one] = list(_merged(found[one] + pieces)) if one in found else pieces
    return found


def joined(begin: int, pieces: Iterable[Partial]) -> Partial:
    """One piece of a bucket that begins then, out of several."""
    _, totals, counts, lows, highs = zip(*pieces, strict=True)
    return Partial(begin, sum(totals), sum(counts), min(lows), max(highs))


def _as_they_are(part: Slice, interval: int) -> bool:
    length = part.stop - part.start
    if part.tier == RAW:
        return interval <= FINE_INTERVAL and length <= FINE_SPAN
    return interval <= FEW_ROWS * part.tier and length <= MOST_ROWS * part.tier


def _columns(tier: int, kept: str) -> list[str]:
    return [name(kept)] if tier == RAW else [name(f"{kind}_{kept}") for kind in KINDS]


def _aggregates(tier: int, columns: list[str], alone: bool) -> Iterator[str]:
    if tier == RAW:
        return (f"{kind}({columns[0]})" for kind in (("mean", "min", "max") if alone else KINDS))
    kinds = ("sum", "sum", "min", "max")
    return (f"{kind}({column})" for kind, column in zip(kinds, columns, strict=True))


def _scaled(column: str, scale: float) -> str:
    return f"{column} AS {column}" if column.startswith('"count_') else f"{column} / {scale:.1f} AS {column}"


def _made(rows: Iterable[list[Any]]) -> Iterator[Partial]:
    # A reading that arrives meanwhile may be counted and have no sum yet: the next query has it.
    for begin, *values in rows:
        if None not in values:
            # JSON has a large float as a whole number with more digits than it has.
            total, *count, low, high = map(float, values)
            yield Partial(begin, total, int(count[0]) if count else 1, low, high)


def _pieces(rows: Iterable[list[Any]], tier: int, cut: Cut) -> Iterator[Partial]:
    for begin, inside in groupby(rows, lambda row: floor(row[0], cut.interval)):
        if tier == RAW:
            values = [row[1] / cut.scale for row in inside]
            yield Partial(begin, sum(values), len(values), min(values), max(values))
        else:
            _, totals, counts, lows, highs = zip(*inside, strict=True)
            total = sum(one / cut.scale for one in totals)
            yield Partial(begin, total, sum(counts), min(lows) / cut.scale, max(highs) / cut.scale)


def _merged(pieces: list[Partial]) -> Iterator[Partial]:
    for begin, inside in groupby(sorted(pieces), lambda piece: piece.time):
        yield joined(begin, inside)
