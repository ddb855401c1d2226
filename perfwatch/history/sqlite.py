"""The history in one SQLite file: no server to run.

A `series` table, and points clustered by (series, time) in integer milliseconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, TypeAlias

from perfwatch.history.buckets import buckets
from perfwatch.history.sqlite_file import BUSY_SECONDS, connect, explain
from perfwatch.history.store import Bucket, Point, Series, Span
from perfwatch.readings import from_ms

# Rows in one step of a deletion: other writers wait for one step, not for the whole.
DELETED_AT_ONCE = 10_000

_FIND = "SELECT id FROM series WHERE metric = ? AND host = ? AND tag = ? AND part = ? AND field = ?"
_ADD = "INSERT INTO series (metric, host, tag, part, field) VALUES (?, ?, ?, ?, ?) RETURNING id"
_KEEP = "INSERT OR REPLACE INTO points (series, time, value) VALUES (?, ?, ?)"
# A few rows in from the oldest, so that one step ends there; nothing when fewer are left.
_STEP = "SELECT time FROM points WHERE series = ? AND time < ? ORDER BY time LIMIT 1 OFFSET ?"
_DELETE = "DELETE FROM points WHERE series = ? AND time < ?"
_FORGET = "DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM points WHERE points.series = series.id)"
# One seek a series and end; min(time) over the whole table would read all of it.
_ENDS = """
SELECT min(oldest), max(newest) FROM (
    SELECT (SELECT min(time) FROM points WHERE series = id) AS oldest,
           (SELECT max(time) FROM points WHERE series = id) AS newest
    FROM series)
"""

_Ids: TypeAlias = dict[tuple[str, str, str, str], dict[str, int]]


class SqliteStore:
    """A HistoryStore in the file `path`, opened and made when it is first used.

    May be shared by threads, and by processes: readers never wait for a writer, and writers wait for
    each other up to `busy` seconds. What `write` has taken survives the end of the process and a
    power cut (synchronous=FULL), as far as the disk keeps what it says that it has written.
    """

    def __init__(self, path: Path, busy: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy = busy
        self._writing = Lock()
        self._writer: sqlite3.Connection | None = None
        self._version = -1
        self._ids: _Ids = {}
        self._idle: list[sqlite3.Connection] = []

    def write(self, points: Iterable[Point]) -> int:
        with self._transaction() as db:
            rows = [
                (self._id(db, point, field), point.time, value)
                for point in points
                for field, value in point.fields.items()
            ]
            db.executemany(_KEEP, rows)
        return len(rows)

    def series(self, metric: str | None = None, host: str | None = None) -> list[Series]:
        sql = """SELECT metric, host, tag, part, field FROM series
                 WHERE metric = coalesce(?, metric) AND host = coalesce(?, host)"""
        with self._reader() as db:
            return sorted(Series(*row) for row in db.execute(sql, (metric, host)))

    def query(
        self, series: Sequence[Series], start: int, stop: int, interval: int
    ) -> dict[Series, list[Bucket]]:
        if interval < 1:
            raise ValueError(f"interval is {interval} ms, but must be 1 or more")
        found = {}
        with self._reader() as db:
            for one in series:
                row = db.execute(_FIND, one).fetchone()
                found[one] = [] if row is None else buckets(db, row[0], start, stop, interval)
        return found

    def delete_before(self, time: int) -> int:
        with self._reader() as db:
            ids = [row[0] for row in db.execute("SELECT id FROM series")]
        deleted = sum(self._delete(one, time) for one in ids)
        with self._transaction() as db:
            if db.execute(_FORGET).rowcount:
                self._ids.clear()
        return deleted

    def span(self) -> Span:
        with self._reader() as db:
            ends = db.execute(_ENDS).fetchone()
        oldest, newest = (None if end is None else from_ms(end) for end in ends)
        return Span(self._size(), oldest, newest)

    def close(self) -> None:
        with self._writing:
            self._drop_writer()
            while self._idle:
                self._idle.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _id(self, db: sqlite3.Connection, point: Point, field: str) -> int:
        ids = self._ids.setdefault(point[:4], {})
        if field not in ids:
            key = (*point[:4], field)
            row = db.execute(_FIND, key).fetchone() or db.execute(_ADD, key).fetchone()
            ids[field] = row[0]
        return ids[field]

    def _delete(self, series: int, time: int) -> int:
        deleted, more = 0, True
        while more:
            with self._transaction() as db:
                row = db.execute(_STEP, (series, time, DELETED_AT_ONCE)).fetchone()
                more = row is not None
                deleted += db.execute(_DELETE, (series, row[0] if row else time)).rowcount
        return deleted

    def _size(self) -> int:
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing, explain(self.path):
            try:
                db = self._writer = self._writer or connect(self.path, self._busy)
                db.execute("BEGIN IMMEDIATE")
                self._forget_if_changed(db)
                yield db
                db.execute("COMMIT")
            except BaseException:
                # Closing rolls back, and a connection that failed on a broken disk is not used again.
                self._drop_writer()
                raise

    def _forget_if_changed(self, db: sqlite3.Connection) -> None:
        """Another process may have deleted a series: then the ids kept here are no longer true."""
        version = db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._ids.clear()
            self._version = version

    def _drop_writer(self) -> None:
        self._ids.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection of the caller's own, showing one moment of the store."""
        with explain(self.path):
            db = self._take_idle() or connect(self.path, self._busy)
            try:
                db.execute("BEGIN")
                yield db
                db.execute("COMMIT")
            except BaseException:
                db.close()
                raise
            self._idle.append(db)

    def _take_idle(self) -> sqlite3.Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None
