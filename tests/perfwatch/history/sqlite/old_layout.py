"""A history as releases before schema 4 wrote it: a row a number, clustered by series and time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import HOUR, MINUTE, NEVER, SIX_MINUTES
from perfwatch.history.store import Point

# As file.py of commit 7e7d119 made them.
TABLES = f"""
CREATE TABLE series (
    id INTEGER PRIMARY KEY, metric TEXT NOT NULL, host TEXT NOT NULL, tag TEXT NOT NULL, part TEXT NOT NULL,
    field TEXT NOT NULL, raw_from INTEGER NOT NULL DEFAULT {NEVER},
    rolled_to INTEGER NOT NULL DEFAULT {NEVER},
    UNIQUE (metric, host, tag, part, field));
CREATE TABLE points (
    series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (series, time)) WITHOUT ROWID;
CREATE TABLE rollups (
    series INTEGER NOT NULL, tier INTEGER NOT NULL, time INTEGER NOT NULL, mean REAL NOT NULL,
    low REAL NOT NULL, high REAL NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (series, tier, time)) WITHOUT ROWID;
CREATE TABLE late (series INTEGER NOT NULL, hour INTEGER NOT NULL, PRIMARY KEY (series, hour)) WITHOUT ROWID;
CREATE TABLE policy (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 3;
"""
_ID = """
INSERT INTO series (metric, host, tag, part, field) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET id = id RETURNING id"""
_KEEP = "INSERT OR REPLACE INTO points VALUES (?, ?, ?)"
_LATE = "INSERT OR IGNORE INTO late SELECT id, ? FROM series WHERE id = ? AND rolled_to > ?"
_ROLL = """
INSERT OR REPLACE INTO rollups
SELECT series, :minutes, time - ((time % :length) + :length) % :length AS begin, avg(value), min(value),
    max(value), count(*)
FROM points JOIN series ON id = series WHERE time >= raw_from AND time < :until GROUP BY series, begin"""

_ROLL_ONE = """
INSERT OR REPLACE INTO rollups
SELECT series, :minutes, time - ((time % :length) + :length) % :length AS begin, avg(value), min(value),
    max(value), count(*)
FROM points WHERE series = :series AND time >= :start AND time < :stop GROUP BY begin"""


class OldHistory:
    """Rolls up and thins whole histories at once, which is all that a file to be brought forward needs."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._ids: dict[tuple[str, ...], int] = {}
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(TABLES)

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, isolation_level=None)

    def write(self, db: sqlite3.Connection, points: Iterable[Point]) -> None:
        """One commit, as for a batch of the bridge."""
        db.execute("BEGIN IMMEDIATE")
        rows = [
            (self._id(db, (*one[:4], field)), one.time, v)
            for one in points
            for field, v in one.fields.items()
        ]
        db.executemany(_KEEP, rows)
        hours = [(time - time % HOUR, series) for series, time, _ in rows]
        db.executemany(_LATE, [(hour, series, hour) for hour, series in hours])
        db.execute("COMMIT")

    def roll_up(self, db: sqlite3.Connection, until: int) -> None:
        """Of whole hours, none of which may be thinned."""
        for length in (MINUTE, SIX_MINUTES, HOUR):
            db.execute(_ROLL, {"length": length, "minutes": length // MINUTE, "until": until})
        db.execute("UPDATE series SET rolled_to = max(rolled_to, ?)", (until,))
        db.execute("DELETE FROM late WHERE hour < ?", (until,))

    def thin(self, db: sqlite3.Connection, before: int) -> None:
        db.execute(
            "UPDATE series SET raw_from = ?1 WHERE id IN (SELECT series FROM points WHERE time < ?1)",
            (before,),
        )
        db.execute("DELETE FROM points WHERE time < ?", (before,))

    def look_after(self, db: sqlite3.Connection, hour: int, policy: Policy) -> None:
        """Roll up an hour, and remove one of each tier, series by series as it was done."""
        span = {"start": hour, "stop": hour + HOUR}
        raw, rolled = (hour - days * DAY_MS for days in (policy.downsample_after_days, policy.retention_days))
        db.execute("BEGIN IMMEDIATE")
        for series in self._ids.values():
            for length in (MINUTE, SIX_MINUTES, HOUR):
                db.execute(
                    _ROLL_ONE, {"series": series, "length": length, "minutes": length // MINUTE, **span}
                )
                gone = (series, length // MINUTE, rolled)
                db.execute("DELETE FROM rollups WHERE series = ? AND tier = ? AND time < ?", gone)
            db.execute("DELETE FROM points WHERE series = ? AND time < ?", (series, raw))
        db.execute("COMMIT")

    def _id(self, db: sqlite3.Connection, key: tuple[str, ...]) -> int:
        if key not in self._ids:
            self._ids[key] = db.execute(_ID, key).fetchone()[0]
        return self._ids[key]
