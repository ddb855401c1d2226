"""Readings of one series and hour, packed: a chunk. It is read, merged and written here."""

from __future__ import annotations

import sqlite3

from perfwatch.history.sqlite import codec, keys
from perfwatch.history.sqlite.columns import NO_READINGS, Readings, unpacked_readings

_READ = "SELECT columns FROM chunks WHERE id = ?"
_WRITE = "INSERT OR REPLACE INTO chunks (id, count, first, last, columns) VALUES (?, ?, ?, ?, ?)"


def read(db: sqlite3.Connection, key: int) -> Readings:
    found = db.execute(_READ, (key,)).fetchone()
    return unpacked_readings(found[0]) if found else NO_READINGS


def write(db: sqlite3.Connection, key: int, readings: Readings) -> None:
    """Keep these, one or more, in place of what the chunk held."""
    times, values = readings
    hour = keys.time_of(key)
    row = (key, len(times), times[0] - hour, times[-1] - hour, codec.pack(times, values))
    db.execute(_WRITE, row)


def remove(db: sqlite3.Connection, key: int) -> None:
    db.execute("DELETE FROM chunks WHERE id = ?", (key,))
