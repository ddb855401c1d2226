"""The two ways in which SQLite makes buckets of one series, and which is taken when.

Measured on 2 cores, 720 buckets of one point: 0.3 ms by folding rows here, 0.7 ms by GROUP BY, 2.3 ms
by a subquery a bucket. 300 buckets of 1728 points: 197, 146 and 55 ms.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from perfwatch.history.store import Bucket

# With more points in a bucket than this, a subquery a bucket is the faster.
FEW = 16

_ROWS = "SELECT time, value FROM points WHERE series = ? AND time >= ? AND time < ? ORDER BY time"
_ONE = "SELECT avg(value), min(value), max(value) FROM points WHERE series = ? AND time >= ? AND time < ?"
_NEXT = "SELECT time FROM points WHERE series = ? AND time >= ? AND time < ? ORDER BY time LIMIT 1 OFFSET ?"


def buckets(db: sqlite3.Connection, series: int, start: int, stop: int, interval: int) -> list[Bucket]:
    """Buckets of the series with that id, aligned to multiples of `interval`; all times in ms."""
    first = _next(db, series, start, stop)
    if first is None:
        return []
    later = _next(db, series, first, stop, offset=FEW)
    if later is not None and later - first < interval:
        return list(_by_subquery(db, series, first, start, stop, interval))
    return list(_by_folding(db.execute(_ROWS, (series, first, stop)), interval))


def _next(db: sqlite3.Connection, series: int, start: int, stop: int, offset: int = 0) -> int | None:
    row = db.execute(_NEXT, (series, start, stop, offset)).fetchone()
    return None if row is None else row[0]


def _by_subquery(
    db: sqlite3.Connection, series: int, first: int, start: int, stop: int, interval: int
) -> Iterator[Bucket]:
    time: int | None = first
    while time is not None:
        begin = time - time % interval
        end = begin + interval
        mean, low, high = db.execute(_ONE, (series, max(begin, start), min(end, stop))).fetchone()
        if mean is None:
            # A gap may be years long: on to the next point instead of through all that is empty.
            time = _next(db, series, end, stop)
        else:
            yield _bucket(begin, mean, low, high)
            time = end if end < stop else None


def _by_folding(rows: Iterable[tuple[int, float]], interval: int) -> Iterator[Bucket]:
    begin, total, count, low, high = 0, 0.0, 0, 0.0, 0.0
    for time, value in rows:
        if count and time - begin < interval:
            total += value
            count += 1
            low, high = min(low, value), max(high, value)
            continue
        if count:
            yield _bucket(begin, total / count, low, high)
        begin, total, count, low, high = time - time % interval, value, 1, value, value
    if count:
        yield _bucket(begin, total / count, low, high)


def _bucket(time: int, mean: float, low: float, high: float) -> Bucket:
    """Rounding, or a sum past the largest float, may put a mean outside what it is the mean of."""
    return Bucket(time, min(max(mean, low), high), low, high)
