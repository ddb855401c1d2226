"""A history of before, whose numbers were a row each, into chunks: hour by hour, while it is in use.

An hour of a series is in the old tables or in the new ones, and changes over in one transaction. Whatever
looks after the history finishes this first, so that nothing is folded into an hour that is not here yet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from perfwatch.history.rollup import HOUR, MINUTE, NAMES, RAW, Partial, Slice, floor
from perfwatch.history.sqlite import columns, fold, keys, rollups, state
from perfwatch.history.sqlite.fold import Done
from perfwatch.history.store import Work

_READINGS = "SELECT time, value FROM old_points WHERE series = ? AND time >= ? AND time < ?"
_ROLLUPS = """
SELECT time, mean * count, count, low, high FROM old_rollups
WHERE series = ? AND time >= ? AND time < ? AND tier = ? ORDER BY time"""
# One seek a series; min(time) over a whole table would read all of it.
_ENDS = """
SELECT min(first), max(last) FROM (
    SELECT (SELECT min(time) FROM {table} WHERE series = id {tier}) AS first,
           (SELECT max(time) FROM {table} WHERE series = id {tier}) AS last FROM series)"""
_RAW_ENDS = _ENDS.format(table="old_points", tier="")
_ROLLED_ENDS = _ENDS.format(table="old_rollups", tier="AND tier = 1")
_COUNT = "SELECT tier, count(*) FROM old_rollups GROUP BY tier"
_TIERS = (1, 6, 60)  # minutes


def ends(db: sqlite3.Connection) -> dict[int, tuple[int | None, int | None]]:
    """The oldest and newest time (ms) of readings and of minutes that are to be moved."""
    return {RAW: db.execute(_RAW_ENDS).fetchone(), MINUTE: db.execute(_ROLLED_ENDS).fetchone()}


def readings(db: sqlite3.Connection, series: int, start: int, stop: int) -> Iterator[tuple[int, float]]:
    """Times and values that are to be moved."""
    return db.execute(_READINGS, (series, start, stop))


def rolled(db: sqlite3.Connection, series: int, part: Slice) -> columns.Rollups:
    """Rollups that are to be moved."""
    rows = db.execute(_ROLLUPS, (series, part.start, part.stop, part.tier // MINUTE))
    return columns.rollups(map(Partial._make, rows))


def rows(db: sqlite3.Connection) -> dict[int, int]:
    """How many rows of each tier are to be moved."""
    counted = {MINUTE * tier: size for tier, size in db.execute(_COUNT)}
    [counted[RAW]] = db.execute("SELECT count(*) FROM old_points").fetchone()
    return {tier: counted.get(tier, 0) for tier in NAMES}


class Move:
    """Moves the oldest hour, one series after another; `left` are those that it has yet to be done for."""

    def __init__(self, db: sqlite3.Connection) -> None:
        oldest = min([first for first, _ in ends(db).values() if first is not None], default=None)
        self.hour = None if oldest is None else floor(oldest, HOUR)
        self._left = [row[0] for row in db.execute("SELECT id FROM series ORDER BY id DESC")]

    def next(self, db: sqlite3.Connection) -> Done:
        if self.hour is None or not self._left:
            return fold.NOTHING
        return Done(_move(db, self._left.pop(), self.hour), more=bool(self._left))


def _move(db: sqlite3.Connection, series: int, hour: int) -> Work:
    end = hour + HOUR
    points = dict(readings(db, series, hour, end))
    minutes = rolled(db, series, Slice(MINUTE, hour, end))
    begins = fold.raw_from(db, series)
    if minutes.times and (not points or begins is None or hour < begins):
        rollups.write(db, keys.key(hour, series), minutes)
    if points:
        fold.keep(db, series, hour, points, state.read(db).rolled_to)
    fold.note_newest(db, series, hour)
    db.execute("DELETE FROM old_points WHERE series = ? AND time >= ? AND time < ?", (series, hour, end))
    for tier in _TIERS:
        sql = "DELETE FROM old_rollups WHERE series = ? AND tier = ? AND time >= ? AND time < ?"
        db.execute(sql, (series, tier, hour, end))
    return Work()


def finish(db: sqlite3.Connection) -> Done:
    """Remove the old tables, which are empty."""
    db.execute("DROP TABLE IF EXISTS old_points")
    db.execute("DROP TABLE IF EXISTS old_rollups")
    state.clear(db, "moving_from")
    return fold.NOTHING
