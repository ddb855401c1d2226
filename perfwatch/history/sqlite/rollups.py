"""Rollups and retention in SQLite: what one small step does to one series.

Every function here runs inside a transaction of the caller, and tells what it did and whether there is
more to do to that series. A series that another process has removed has nothing to do.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from perfwatch.history.rollup import HOUR, MINUTE, NEVER, SIX_MINUTES, floor
from perfwatch.history.sqlite.sums import OF_READINGS, OF_ROLLUPS, begin, clamped
from perfwatch.history.store import Work

# Rows that one piece of work reads or removes, about: a millisecond.
ROWS = 500

# What SQLite has rollups of. Six minutes are there for queries only: they go into 30 minutes, and into a
# 300th of 5 days and of 30.
TIERS = (HOUR, SIX_MINUTES, MINUTE)
_MADE_OF_MINUTES = (SIX_MINUTES, HOUR)

_JOINED = "(mean * count + excluded.mean * excluded.count) / (count + excluded.count)"

_MINUTES = f"""
INSERT INTO rollups (series, tier, time, mean, low, high, count)
SELECT series, 1, {begin(MINUTE)} AS minute, {OF_READINGS}
FROM points WHERE series = ? AND time >= ? AND time < ? GROUP BY minute
ON CONFLICT (series, tier, time) DO UPDATE SET
    mean = {clamped(_JOINED, "min(low, excluded.low)", "max(high, excluded.high)")},
    low = min(low, excluded.low), high = max(high, excluded.high), count = count + excluded.count"""
_COARSER = {
    tier: f"""
INSERT INTO rollups (series, tier, time, mean, low, high, count)
SELECT series, {tier // MINUTE}, {begin(tier)} AS begin, {OF_ROLLUPS}
FROM rollups WHERE series = ? AND tier = 1 AND time >= ? AND time < ? GROUP BY begin"""
    for tier in _MADE_OF_MINUTES
}
_UNROLL = "DELETE FROM rollups WHERE series = ? AND tier = ? AND time >= ? AND time < ?"
_DELETE = "DELETE FROM points WHERE series = ? AND time >= ? AND time < ?"

_STATE = "SELECT raw_from, rolled_to FROM series WHERE id = ?"
_LATE = "SELECT min(hour) FROM late WHERE series = ? AND hour >= ?"
_AFTER = "SELECT time FROM points WHERE series = ? AND time >= ? AND time < ? ORDER BY time LIMIT 1 OFFSET ?"
_AFTER_IN_TIER = """
SELECT time FROM rollups WHERE series = ? AND tier = ? AND time >= ? AND time < ?
ORDER BY time LIMIT 1 OFFSET ?"""

TO_ROLL = "SELECT id FROM series WHERE rolled_to < ? UNION SELECT series FROM late"
TO_THIN = "SELECT id FROM series WHERE raw_from < min(?, rolled_to)"
TO_FORGET = """
SELECT id FROM series WHERE EXISTS (SELECT 1 FROM points WHERE series = id AND time < ?1)
    OR EXISTS (SELECT 1 FROM rollups WHERE series = id AND tier = 1 AND time < ?1)"""


class Done(NamedTuple):
    work: Work
    more: bool


NOTHING = Done(Work(), more=False)


def roll_up(db: sqlite3.Connection, series: int, until: int) -> Done:
    """One late hour of the series, or the next hours up to `until`."""
    state = db.execute(_STATE, (series,)).fetchone()
    if state is None:
        db.execute("DELETE FROM late WHERE series = ?", (series,))
        return NOTHING
    raw_from, rolled_to = state
    hour = db.execute(_LATE, (series, NEVER)).fetchone()[0]
    if hour is not None:
        return Done(_roll_late(db, series, hour, raw_from), more=True)
    if rolled_to >= until:
        return NOTHING
    work, stop = _roll_next(db, series, rolled_to, until)
    db.execute("UPDATE series SET rolled_to = ? WHERE id = ?", (stop, series))
    return Done(work, stop < until)


def thin(db: sqlite3.Connection, series: int, before: int) -> Done:
    """Remove the oldest raw hours of the series before `before` that are rolled up with nothing late."""
    state = db.execute(_STATE, (series,)).fetchone()
    if state is None:
        return NOTHING
    raw_from, rolled_to = state
    late = db.execute(_LATE, (series, raw_from)).fetchone()[0]
    cut = min(floor(before, HOUR), rolled_to, rolled_to if late is None else late)
    if cut <= raw_from:
        return NOTHING
    stop = _hours(db, series, raw_from, cut)
    removed = db.execute(_DELETE, (series, raw_from, stop)).rowcount
    db.execute("UPDATE series SET raw_from = ? WHERE id = ?", (stop, series))
    return Done(Work(raw=removed), stop < cut)


def forget(db: sqlite3.Connection, series: int, before: int) -> Done:
    """Remove the oldest rows of the series, of each tier, that are older than `before`."""
    raw, more = _forget_raw(db, series, before)
    rolled = 0
    for tier in TIERS:
        minutes, end = tier // MINUTE, floor(before, tier)
        row = db.execute(_AFTER_IN_TIER, (series, minutes, NEVER, end, ROWS)).fetchone()
        removed = db.execute(_UNROLL, (series, minutes, NEVER, row[0] if row else end)).rowcount
        rolled += 0 if tier == SIX_MINUTES else removed
        more = more or row is not None
    if not more:
        db.execute("DELETE FROM late WHERE series = ? AND hour < ?", (series, floor(before, HOUR)))
        _roll_again(db, series, before)
    return Done(Work(raw=raw, rollups=rolled), more)


def _forget_raw(db: sqlite3.Connection, series: int, before: int) -> tuple[int, bool]:
    row = db.execute(_AFTER, (series, NEVER, before, ROWS)).fetchone()
    removed = db.execute(_DELETE, (series, NEVER, row[0] if row else before)).rowcount
    return removed, row is not None


def _roll_again(db: sqlite3.Connection, series: int, time: int) -> None:
    """The rollups of the hour that a removal has cut in two; those of a whole one are right."""
    hour = floor(time, HOUR)
    raw_from, rolled_to = db.execute(_STATE, (series,)).fetchone() or (NEVER, NEVER)
    if hour == time or hour >= rolled_to:
        return
    if hour >= raw_from:
        _roll(db, series, hour, hour + HOUR)
    else:
        _coarsen(db, series, hour, hour + HOUR)


def _roll_next(db: sqlite3.Connection, series: int, rolled_to: int, until: int) -> tuple[Work, int]:
    stop = _hours(db, series, rolled_to, until)
    first = db.execute(_AFTER, (series, rolled_to, stop, 0)).fetchone()
    rows = _roll(db, series, floor(first[0], HOUR), stop) if first else 0
    return Work(rolled_up=rows), stop


def _hours(db: sqlite3.Connection, series: int, start: int, stop: int) -> int:
    """The end of as many whole hours as have about ROWS raw readings; `stop` when no more are there."""
    first = db.execute(_AFTER, (series, start, stop, 0)).fetchone()
    far = db.execute(_AFTER, (series, start, stop, ROWS)).fetchone()
    if first is None or far is None:
        return stop
    return max(floor(far[0], HOUR), floor(first[0], HOUR) + HOUR)


def _roll(db: sqlite3.Connection, series: int, start: int, stop: int) -> int:
    """Make the rollups of those hours anew from their raw readings; returns how many readings."""
    db.execute(_UNROLL, (series, 1, start, stop))
    return _add(db, series, start, stop)


def _roll_late(db: sqlite3.Connection, series: int, hour: int, raw_from: int) -> Work:
    db.execute("DELETE FROM late WHERE series = ? AND hour = ?", (series, hour))
    if hour >= raw_from:
        return Work(rolled_up=_roll(db, series, hour, hour + HOUR))
    # The hour's raw readings went when it was rolled up: what came late joins its rollups and goes too.
    rows = _add(db, series, hour, hour + HOUR)
    db.execute(_DELETE, (series, hour, hour + HOUR))
    return Work(rolled_up=rows)


def _add(db: sqlite3.Connection, series: int, start: int, stop: int) -> int:
    """Raw readings into minutes, on top of what these hold already, and those into hours."""
    db.execute(_MINUTES, (series, start, stop))
    _coarsen(db, series, start, stop)
    sql = "SELECT count(*) FROM points WHERE series = ? AND time >= ? AND time < ?"
    rows: int = db.execute(sql, (series, start, stop)).fetchone()[0]
    return rows


def _coarsen(db: sqlite3.Connection, series: int, start: int, stop: int) -> None:
    """Make the rollups of those hours that are made of their minutes."""
    for tier in _MADE_OF_MINUTES:
        db.execute(_UNROLL, (series, tier // MINUTE, start, stop))
        db.execute(_COARSER[tier], (series, start, stop))
