"""Rollups of one series: its minutes hour by hour, and six minutes and hours day by day.

Six minutes are there for queries only: they go into 30 minutes, and into a 300th of 5 days and of 30.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, MINUTE, SIX_MINUTES, Partial, floor, join
from perfwatch.history.sqlite import codec, keys
from perfwatch.history.sqlite.columns import NO_ROLLUPS, Readings, Rollups, rollups

# What SQLite has rollups of.
TIERS = (HOUR, SIX_MINUTES, MINUTE)

_READ_MINUTES = "SELECT columns FROM minutes WHERE id = ?"
_WRITE_MINUTES = "INSERT OR REPLACE INTO minutes (id, count, first, last, columns) VALUES (?, ?, ?, ?, ?)"
_READ_DAY = "SELECT hours, six FROM days WHERE id = ?"
_WRITE_DAY = "INSERT OR REPLACE INTO days (id, hours, six) VALUES (?, ?, ?)"


def roll(db: sqlite3.Connection, key: int, readings: Readings) -> None:
    """Make the rollups of that hour anew from its readings."""
    write(db, key, _minutes(readings))


def add(db: sqlite3.Connection, key: int, readings: Readings) -> None:
    """Add readings to what the rollups of that hour hold."""
    hour = keys.time_of(key)
    both = sorted((*_each(read(db, key)), *readings.partials(hour, hour + HOUR, MINUTE)))
    write(db, key, rollups(_joined(both)))


def read(db: sqlite3.Connection, key: int) -> Rollups:
    """The minutes of that hour."""
    found = db.execute(_READ_MINUTES, (key,)).fetchone()
    return unpacked(found[0]) if found else NO_ROLLUPS


def write(db: sqlite3.Connection, key: int, minutes: Rollups) -> None:
    """Keep these in place of the hour's minutes, and what is made of them."""
    if times := minutes.times:
        hour = keys.time_of(key)
        row = (key, len(times), times[0] - hour, times[-1] - hour, codec.pack(*minutes))
        db.execute(_WRITE_MINUTES, row)
    else:
        db.execute("DELETE FROM minutes WHERE id = ?", (key,))
    _write_day(db, key, minutes)


def cut_day(db: sqlite3.Connection, key: int, before: int) -> None:
    """Remove what of a day is older than `before` (ms); `key` is the day's."""
    hours, six = _read_day(db, key)
    day = keys.time_of(key, DAY_MS)
    end = day + DAY_MS
    kept = hours.between(floor(before, HOUR), end), six.between(floor(before, SIX_MINUTES), end)
    if kept != (hours, six):
        _keep_day(db, key, *kept)


def unpacked(packed: bytes) -> Rollups:
    return Rollups(*codec.unpack(packed))


def _minutes(readings: Readings) -> Rollups:
    """Sums of numbers with few decimals have few decimals too, and so take a third of the bytes."""
    hour = floor(readings.times[0], HOUR) if readings.times else 0
    found = codec.whole(readings.values) if readings.times else None
    if found is None:
        return rollups(readings.partials(hour, hour + HOUR, MINUTE))
    scale = 10.0**found.places
    whole = Readings(readings.times, found.numbers).partials(hour, hour + HOUR, MINUTE)
    return rollups(
        Partial(time, total / scale, size, low / scale, high / scale)
        for time, total, size, low, high in whole
    )


def _write_day(db: sqlite3.Connection, key: int, minutes: Rollups) -> None:
    hour = keys.time_of(key)
    day_key = keys.key(hour, keys.series_of(key), DAY_MS)
    tiers = zip((HOUR, SIX_MINUTES), _read_day(db, day_key), strict=True)
    _keep_day(db, day_key, *(_replaced(old, minutes, hour, tier) for tier, old in tiers))


def _replaced(old: Rollups, minutes: Rollups, hour: int, tier: int) -> Rollups:
    made = rollups(minutes.partials(hour, hour + HOUR, tier))
    before, after = old.between(floor(hour, DAY_MS), hour), old.between(hour + HOUR, floor(hour, DAY_MS) + DAY_MS)
    return Rollups(*([*a, *b, *c] for a, b, c in zip(before, made, after, strict=True)))


def _read_day(db: sqlite3.Connection, key: int) -> tuple[Rollups, Rollups]:
    found = db.execute(_READ_DAY, (key,)).fetchone()
    return (unpacked(found[0]), unpacked(found[1])) if found else (NO_ROLLUPS, NO_ROLLUPS)


def _keep_day(db: sqlite3.Connection, key: int, hours: Rollups, six: Rollups) -> None:
    if hours.times:
        db.execute(_WRITE_DAY, (key, codec.pack(*hours), codec.pack(*six)))
    else:
        db.execute("DELETE FROM days WHERE id = ?", (key,))


def _each(held: Rollups) -> Iterator[Partial]:
    return map(Partial._make, zip(*held, strict=True))


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
