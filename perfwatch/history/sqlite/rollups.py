"""Rollups of one series: its minutes hour by hour, and six minutes and hours day by day.

Six minutes are there for queries only: they go into 30 minutes, and into a 300th of 5 days and of 30.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain

from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, MINUTE, SIX_MINUTES, Partial, floor, join
from perfwatch.history.sqlite import codec, keys
from perfwatch.history.sqlite.columns import (
    NO_ROLLUPS,
    Readings,
    Rollups,
    partials,
    rollups,
    unpacked_rollups,
)

# What SQLite has rollups of.
TIERS = (HOUR, SIX_MINUTES, MINUTE)

_READ_MINUTES = "SELECT columns FROM minutes WHERE id = ?"
_WRITE_MINUTES = "INSERT OR REPLACE INTO minutes (id, count, first, last, columns) VALUES (?, ?, ?, ?, ?)"
_READ_DAY = "SELECT hours, six FROM days WHERE id = ?"
_WRITE_DAY = "INSERT OR REPLACE INTO days (id, hours, six) VALUES (?, ?, ?)"


def roll(db: sqlite3.Connection, key: int, readings: Readings) -> None:
    """Make the rollups of that hour anew from its readings."""
    hour = keys.time_of(key)
    write(db, key, rollups(partials(readings, hour, hour + HOUR, MINUTE)))


def add(db: sqlite3.Connection, key: int, readings: Readings) -> None:
    """Add readings to what the rollups of that hour hold."""
    hour = keys.time_of(key)
    both = chain.from_iterable(partials(one, hour, hour + HOUR, MINUTE) for one in (read(db, key), readings))
    write(db, key, rollups(_joined(sorted(both))))


def read(db: sqlite3.Connection, key: int) -> Rollups:
    """The minutes of that hour."""
    found = db.execute(_READ_MINUTES, (key,)).fetchone()
    return unpacked_rollups(found[0]) if found else NO_ROLLUPS


def write(db: sqlite3.Connection, key: int, minutes: Rollups) -> None:
    """Keep these in place of the hour's minutes, and what is made of them."""
    if times := minutes.times:
        hour = keys.time_of(key)
        row = (key, len(times), times[0] - hour, times[-1] - hour, codec.pack(*minutes))
        db.execute(_WRITE_MINUTES, row)
    else:
        db.execute("DELETE FROM minutes WHERE id = ?", (key,))
    _write_day(db, key, minutes)


def cut(held: Rollups, start: int, stop: int) -> Rollups:
    """Those that begin in start ≤ time < stop (ms)."""
    return rollups(partials(held, start, stop, 1))


def cut_day(db: sqlite3.Connection, key: int, before: int) -> None:
    """Remove what of a day is older than `before` (ms); `key` is the day's."""
    hours, six = _read_day(db, key)
    end = keys.time_of(key, DAY_MS) + DAY_MS
    kept = cut(hours, floor(before, HOUR), end), cut(six, floor(before, SIX_MINUTES), end)
    if len(kept[1].times) < len(six.times):
        _keep_day(db, key, *kept)


def _write_day(db: sqlite3.Connection, key: int, minutes: Rollups) -> None:
    hour = keys.time_of(key)
    day_key = keys.key(hour, keys.series_of(key), DAY_MS)
    tiers = zip((HOUR, SIX_MINUTES), _read_day(db, day_key), strict=True)
    _keep_day(db, day_key, *(_replaced(old, minutes, hour, tier) for tier, old in tiers))


def _replaced(old: Rollups, minutes: Rollups, hour: int, tier: int) -> Rollups:
    day, end = floor(hour, DAY_MS), hour + HOUR
    before, after = partials(old, day, hour, tier), partials(old, end, day + DAY_MS, tier)
    return rollups(chain(before, partials(minutes, hour, end, tier), after))


def _read_day(db: sqlite3.Connection, key: int) -> tuple[Rollups, Rollups]:
    found = db.execute(_READ_DAY, (key,)).fetchone()
    return (unpacked_rollups(found[0]), unpacked_rollups(found[1])) if found else (NO_ROLLUPS, NO_ROLLUPS)


def _keep_day(db: sqlite3.Connection, key: int, hours: Rollups, six: Rollups) -> None:
    if hours.times:
        db.execute(_WRITE_DAY, (key, codec.pack(*hours), codec.pack(*six)))
    else:
        db.execute("DELETE FROM days WHERE id = ?", (key,))


def _joined(partials: list[Partial]) -> Iterator[Partial]:
    """Those of the same time together."""
    last = partials[0]
    for one in partials[1:]:
        if one.time == last.time:
            last = join(last, one)
        else:
            yield last
            last = one
    yield last
