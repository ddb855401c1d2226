"""What is too old goes: chunks that rollups stand for, what is past its time, and series that are empty.

Each step here is done in a transaction of the caller, and tells whether there is more to do.
"""

from __future__ import annotations

import sqlite3
from itertools import chain

from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, MINUTE, floor
from perfwatch.history.sqlite import chunks, keys, rollups, state, tail
from perfwatch.history.sqlite.fold import NOTHING, Done
from perfwatch.history.store import Work

# Rows that one step removes: a millisecond.
ROWS = 100

_THINNED = "UPDATE series SET raw_from = ? WHERE id = ? AND raw_from < ?"
_NEXT_HOUR = """
SELECT min(id) FROM (SELECT min(id) AS id FROM chunks WHERE id >= :first AND id < :end
    UNION ALL SELECT min(id) FROM minutes WHERE id >= :first AND id < :end)"""
_NEXT_DAY = "SELECT min(id) FROM days WHERE id >= ? AND id < ?"
_EMPTY = """
SELECT id, topic FROM series WHERE newest < :hour OR newest = :hour
    AND NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.id = :key + series.id)
    AND NOT EXISTS (SELECT 1 FROM minutes WHERE minutes.id = :key + series.id)"""


def thin(db: sqlite3.Connection, before: int) -> Done:
    """Remove the oldest chunks whose hours end by `before` (ms), are rolled up and have nothing late."""
    found = _oldest(db, "chunks", keys.key(_thinnable(db, before), 0))
    if not found:
        return NOTHING
    db.execute("DELETE FROM chunks WHERE id <= ?", (found[-1][0],))
    ends = [(keys.time_of(key) + HOUR, keys.series_of(key)) for key, _ in found]
    db.executemany(_THINNED, [(end, series, end) for end, series in ends])
    return Done(Work(raw=sum(count for _, count in found)), more=True)


def _thinnable(db: sqlite3.Connection, before: int) -> int:
    late = db.execute("SELECT min(id) FROM unrolled").fetchone()[0]
    bounds = before, state.read(db).rolled_to, tail.ends(db)[0], None if late is None else keys.time_of(late)
    return floor(min(bound for bound in bounds if bound is not None), HOUR)


def forget_hours(db: sqlite3.Connection, before: int) -> Done:
    """Remove the oldest chunks and minutes of hours that end by `before` (ms)."""
    end = keys.key(before, 0)
    raw, minutes = _remove(db, "chunks", end), _remove(db, "minutes", end)
    db.execute("DELETE FROM unrolled WHERE id < ?", (end,))
    # Each row of minutes stands for its hour too.
    rows = sum(chain(minutes, [len(minutes)]))
    return Done(Work(raw=sum(raw), rollups=rows), more=bool(raw or minutes))


def forget_days(db: sqlite3.Connection, before: int) -> Done:
    """Remove the oldest days that end by `before` (ms)."""
    sql = "DELETE FROM days WHERE id IN (SELECT id FROM days WHERE id < ? ORDER BY id LIMIT ?)"
    removed = db.execute(sql, (keys.key(before, 0, DAY_MS), ROWS)).rowcount
    return Done(Work(), more=removed > 0)


class Cut:
    """Cuts the hour and the day that `before` (ms) lies in, one series after another."""

    def __init__(self, before: int) -> None:
        self._before = before
        self._hour, self._end = keys.keys(floor(before, HOUR), before)
        self._day, self._days_end = keys.keys(floor(before, DAY_MS), before, DAY_MS)

    def next_hour(self, db: sqlite3.Connection) -> Done:
        key = db.execute(_NEXT_HOUR, {"first": self._hour, "end": self._end}).fetchone()[0]
        if key is None:
            return NOTHING
        self._hour = key + 1
        return Done(self._cut_hour(db, key), more=True)

    def next_day(self, db: sqlite3.Connection) -> Done:
        key = db.execute(_NEXT_DAY, (self._day, self._days_end)).fetchone()[0]
        if key is None:
            return NOTHING
        self._day = key + 1
        rollups.cut_day(db, key, self._before)
        return Done(Work(), more=True)

    def _cut_hour(self, db: sqlite3.Connection, key: int) -> Work:
        raw, minutes = chunks.read(db, key), rollups.read(db, key)
        kept = raw.since(self._before)
        if kept.times:
            chunks.write(db, key, kept)
        else:
            chunks.remove(db, key)
        if raw.times and minutes.times:
            rollups.roll(db, key, kept)
        else:
            end = keys.time_of(key) + HOUR
            rollups.write(db, key, rollups.cut(minutes, floor(self._before, MINUTE), end))
        gone = len(minutes.times) - len(rollups.read(db, key).times)
        return Work(raw=len(raw.times) - len(kept.times), rollups=gone)


def forget_empty(db: sqlite3.Connection, before: int) -> bool:
    """Remove the series that have nothing from `before` (ms) on; returns whether there were some."""
    hour = floor(before, HOUR)
    found = db.execute(_EMPTY, {"hour": hour, "key": keys.key(hour, 0)}).fetchall()
    empty = {series for series, _ in found}
    if empty:
        empty -= tail.series(db, {topic for _, topic in found})
    db.executemany("DELETE FROM series WHERE id = ?", [(series,) for series in empty])
    if empty:
        db.execute("DELETE FROM topics WHERE id NOT IN (SELECT topic FROM series)")
    return bool(empty)


def _oldest(db: sqlite3.Connection, table: str, end: int) -> list[tuple[int, int]]:
    sql = f"SELECT id, count FROM {table} WHERE id < ? ORDER BY id LIMIT ?"
    return db.execute(sql, (end, ROWS)).fetchall()


def _remove(db: sqlite3.Connection, table: str, end: int) -> list[int]:
    """Remove the oldest rows before that key; returns how much each held."""
    found = _oldest(db, table, end)
    if found:
        db.execute(f"DELETE FROM {table} WHERE id <= ?", (found[-1][0],))
    return [count for _, count in found]
