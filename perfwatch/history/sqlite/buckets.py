"""Buckets out of SQLite, by whichever of two ways costs less.

Where about every row is a bucket, rows are read stretch by stretch. Longer buckets are each cut into the
coarsest rollups inside and finer ones at their ends, and SQLite adds up all pieces of a series in one
statement: grouped by the outer table's key, it needs no sorting (EXPLAIN QUERY PLAN tells).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from perfwatch.history.rollup import MINUTE, RAW, Part, between, cut, floor, plan
from perfwatch.history.sqlite.rollups import TIERS
from perfwatch.history.sqlite.sums import OF_READINGS, OF_ROLLUPS, begin
from perfwatch.history.store import Bucket

# More buckets than this are not cut one by one: years of nothing may lie in between.
MOST_CUT = 10_000

# The start of a bucket, its mean, low and high, and how many readings they are of.
_Row: TypeAlias = tuple[int, float, float, float, int]

_IN_RAW = "FROM points WHERE series = ? AND time >= ? AND time < ?"
_IN_TIER = "FROM rollups WHERE series = ? AND time >= ? AND time < ? AND tier = {minutes}"

_TABLE = """CREATE TEMP TABLE IF NOT EXISTS pieces (
    begin INTEGER, tier INTEGER, start INTEGER, stop INTEGER, PRIMARY KEY (begin, tier, start)
) WITHOUT ROWID"""
_PIECE = "INSERT INTO temp.pieces VALUES (?, ?, ?, ?)"
_RAW_PIECES = f"""
SELECT begin, {OF_READINGS} FROM temp.pieces CROSS JOIN points
    ON series = ? AND time >= start AND time < stop
WHERE pieces.tier = 0 GROUP BY begin"""
_TIER_PIECES = f"""
SELECT begin, {OF_ROLLUPS} FROM temp.pieces CROSS JOIN rollups
    ON series = ? AND rollups.tier = pieces.tier AND time >= start AND time < stop
WHERE pieces.tier > 0 GROUP BY begin"""


class Cutter:
    """Buckets of `interval` ms over start ≤ time < stop, of one series after another.

    Series whose rollups and raw readings have the same ends should follow each other: what is cut for
    one then does for the next.
    """

    def __init__(self, db: sqlite3.Connection, start: int, stop: int, interval: int) -> None:
        self._db = db
        self._span = start, stop, interval
        self._interval = interval
        few = (stop - start) // interval < MOST_CUT
        self._by_pieces = few and interval > MINUTE and interval not in TIERS
        self._cut_for: tuple[int, int] | None = None
        self._statements: list[str] = []

    def buckets(self, series: int, rolled_to: int, raw_from: int) -> list[Bucket]:
        rows = self._pieces if self._by_pieces else self._stretches
        return _merge(rows(series, rolled_to, raw_from))

    def _stretches(self, series: int, rolled_to: int, raw_from: int) -> Iterator[_Row]:
        for part in plan(*self._span, rolled_to, raw_from, TIERS):
            yield from self._db.execute(self._select(part), (series, part.start, part.stop))

    def _select(self, part: Part) -> str:
        grouped = self._interval >= MINUTE and self._interval != part.tier
        if part.tier == RAW:
            columns, rows = OF_READINGS if grouped else "value, value, value, 1", _IN_RAW
        else:
            columns, rows = OF_ROLLUPS if grouped else "mean, low, high, count", _IN_TIER
        order = "GROUP BY begin" if grouped else "ORDER BY time"
        rows = rows.format(minutes=part.tier // MINUTE)
        return f"SELECT {begin(self._interval)} AS begin, {columns} {rows} {order}"

    def _pieces(self, series: int, rolled_to: int, raw_from: int) -> Iterator[_Row]:
        if self._cut_for != (rolled_to, raw_from):
            self._cut(list(cut(*self._span, rolled_to, raw_from, TIERS)))
            self._cut_for = rolled_to, raw_from
        for statement in self._statements:
            yield from self._db.execute(statement, (series,))

    def _cut(self, parts: list[Part]) -> None:
        """Put the pieces where SQLite finds them: in memory, and seen by this connection only."""
        self._db.execute(_TABLE)
        self._db.execute("DELETE FROM temp.pieces")
        rows = [(floor(start, self._interval), tier // MINUTE, start, stop) for tier, start, stop in parts]
        self._db.executemany(_PIECE, rows)
        tiers = {part.tier for part in parts}
        self._statements = [_TIER_PIECES] if tiers - {RAW} else []
        self._statements += [_RAW_PIECES] if RAW in tiers else []


def _merge(rows: Iterable[_Row]) -> list[Bucket]:
    """Whole buckets, in order of time: a bucket may come in several rows, weighted by count."""
    found: dict[int, _Row] = {}
    for row in rows:
        time = row[0]
        found[time] = _join(found[time], row) if time in found else row
    return [Bucket._make(row[:4]) for _, row in sorted(found.items())]


def _join(one: _Row, other: _Row) -> _Row:
    time, mean, low, high, count = one
    _, other_mean, other_low, other_high, other_count = other
    low, high, readings = min(low, other_low), max(high, other_high), count + other_count
    mean = (mean * count + other_mean * other_count) / readings
    return time, between(mean, low, high), low, high, readings
