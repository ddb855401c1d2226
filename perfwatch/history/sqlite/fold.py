"""Readings of one series and hour into its chunk, and a closed hour into its rollups.

Every function here runs inside a transaction of the caller. A series that another process has removed has
nothing to be kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from perfwatch.history.rollup import HOUR
from perfwatch.history.sqlite import chunks, keys, rollups, state, tail
from perfwatch.history.store import Work

_MARK = "INSERT OR IGNORE INTO unrolled VALUES (?)"
_UNMARK = "DELETE FROM unrolled WHERE id = ?"
_MARKED = "SELECT id FROM unrolled WHERE id > ? AND id < ? ORDER BY id LIMIT 1"


class Done(NamedTuple):
    """What was done, and whether there is more to do."""

    work: Work
    more: bool


NOTHING = Done(Work(), more=False)


def keep(db: sqlite3.Connection, series: int, hour: int, values: Mapping[int, float], until: int) -> Work:
    """Merge values by time, all of one hour, into its chunk; roll it up when it ends by `until` (ms).

    The same values once more change nothing. What came so late that the hour's chunk has gone is marked,
    and joins the rollups later: to add it here would count it again after a kill.
    """
    begins = raw_from(db, series)
    if begins is None:
        return Work()
    key = keys.key(hour, series)
    kept = chunks.read(db, key).with_newer(values)
    chunks.write(db, key, kept)
    note_newest(db, series, hour)
    if hour + HOUR > until or hour < begins:
        db.execute(_MARK, (key,))
        return Work()
    rollups.roll(db, key, kept)
    db.execute(_UNMARK, (key,))
    return Work(rolled_up=len(kept.times))


def raw_from(db: sqlite3.Connection, series: int) -> int | None:
    """Where the raw readings of a series begin (ms), as older ones have gone; None without such a series."""
    found = db.execute("SELECT raw_from FROM series WHERE id = ?", (series,)).fetchone()
    return None if found is None else int(found[0])


def note_newest(db: sqlite3.Connection, series: int, hour: int) -> None:
    """Note that the series has something in that hour."""
    db.execute("UPDATE series SET newest = ? WHERE id = ? AND newest < ?", (hour, series, hour))


class Marked:
    """Rolls up the chunks of hours that end by `until` (ms) and were not when they were written."""

    def __init__(self, until: int) -> None:
        self._end = keys.key(until, 0)
        self._last = -(2**63)

    def next(self, db: sqlite3.Connection) -> Done:
        found = db.execute(_MARKED, (self._last, self._end)).fetchone()
        if found is None:
            return NOTHING
        self._last = found[0]
        return Done(_roll(db, self._last), more=True)


def _roll(db: sqlite3.Connection, key: int) -> Work:
    hour, series = keys.time_of(key), keys.series_of(key)
    begins = raw_from(db, series)
    late = begins is not None and hour < begins
    if late and tail.has(db, hour):  # to be merged into the chunk again, perhaps
        return Work()
    db.execute(_UNMARK, (key,))
    if begins is None:
        return Work()
    kept = chunks.read(db, key)
    if late:
        rollups.add(db, key, kept)
        chunks.remove(db, key)
    else:
        rollups.roll(db, key, kept)
    return Work(rolled_up=len(kept.times))


def close_hours(db: sqlite3.Connection, until: int) -> Done:
    """Note that whole rollups end at `until` (ms), unless they end later."""
    if state.read(db).rolled_to < until:
        state.write(db, rolled_to=until)
    return NOTHING
