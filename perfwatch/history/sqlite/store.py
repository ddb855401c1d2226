"""The history in one SQLite file: no server to run.

A `series` table, points clustered by (series, time) in integer milliseconds, and their rollups.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, repeat
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, TypeAlias

import msgspec

from perfwatch.errors import StoreError
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, NAMES, NEVER, floor, total
from perfwatch.history.sqlite import rollups as rollups
from perfwatch.history.sqlite.buckets import Cutter
from perfwatch.history.sqlite.file import BUSY_SECONDS, begin, connect, explain
from perfwatch.history.sqlite.rollups import Done
from perfwatch.history.store import Bucket, Layout, Numbers, Point, Series, Span, Tier, Work
from perfwatch.readings.codec import from_ms

# A step of upkeep takes up series after series for so long: other writers wait for one step. Short
# enough that on a busy machine it is seldom put aside in its middle.
STEP_SECONDS = 0.002
# What so many steps have changed is brought into the main file by them: left alone, it would grow until
# some writer's commit has to do it all.
_CHECKPOINT_STEPS = 5

_FIND = "SELECT id FROM series WHERE metric = ? AND host = ? AND tag = ? AND part = ? AND field = ?"
_ADD = "INSERT INTO series (metric, host, tag, part, field) VALUES (?, ?, ?, ?, ?) RETURNING id"
_KEEP = "INSERT OR REPLACE INTO points (series, time, value) VALUES (?, ?, ?)"
# Python's lock is given away and waited for with every statement. One for many rows takes three quarters of
# the time, and beside a busy thread less than half. Any SQLite takes 999 values in a statement.
ROWS_AT_ONCE = 300
_KEEP_MANY = _KEEP + ", (?, ?, ?)" * (ROWS_AT_ONCE - 1)
_STATE = """
SELECT id, rolled_to, raw_from FROM series
WHERE metric = ? AND host = ? AND tag = ? AND part = ? AND field = ?"""
# A reading of an hour that has been rolled up: that hour is to be done again.
_LATE = "INSERT OR IGNORE INTO late SELECT id, ? FROM series WHERE id = ? AND rolled_to > ?"
_FORGET = """
DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM points WHERE points.series = series.id)
    AND NOT EXISTS (SELECT 1 FROM rollups WHERE rollups.series = series.id AND tier = 1)"""
# One seek a series and end; min(time) over the whole table would read all of it.
_ENDS = """
SELECT min(oldest), max(newest) FROM (
    SELECT min(time) AS oldest, max(time) AS newest FROM (
        SELECT id, (SELECT min(time) FROM points WHERE series = id) AS time FROM series UNION ALL
        SELECT id, (SELECT max(time) FROM points WHERE series = id) FROM series UNION ALL
        SELECT id, (SELECT min(time) FROM rollups WHERE series = id AND tier = 1) FROM series UNION ALL
        SELECT id, (SELECT max(time) FROM rollups WHERE series = id AND tier = 1) FROM series))"""
_TIER = "SELECT count(*), min(time), max(time) FROM "

_Job: TypeAlias = Callable[[sqlite3.Connection, int, int], Done]
_Ids: TypeAlias = dict[tuple[str, str, str, str], dict[str, int]]


class SqliteStore:
    """A HistoryStore in the file `path`, opened and made when it is first used.

    May be shared by threads, and by processes: readers never wait for a writer, and writers wait for
    each other up to `busy` seconds. What `write` has taken survives the end of the process and a
    power cut (synchronous=FULL), as far as the disk keeps what it says that it has written.
    """

    # SQLite does not queue writers, and one in another process tries again only now and then, so most
    # moments must be free.
    rest = 3.0
    writes_at_once = 1

    def __init__(self, path: Path, busy: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy = busy
        self._writing = Lock()
        self._writer: sqlite3.Connection | None = None
        self._version = -1
        # Rollups end here at the latest: what is newer is not late.
        self._rolled = NEVER
        self._ids: _Ids = {}
        self._layouts: dict[tuple[str, str], tuple[Layout, list[int]]] = {}
        self._idle: list[sqlite3.Connection] = []

    def write(self, points: Iterable[Point | Numbers]) -> int:
        with self._transaction() as db:
            rows: list[float] = []  # series, time, value, series, …
            for one in points:
                ids, values = self._placed(db, one)
                rows += chain.from_iterable(zip(ids, repeat(one.time), values))
                if one.time < self._rolled:
                    hour = floor(one.time, HOUR)
                    db.executemany(_LATE, [(hour, series, hour) for series in ids])
            _keep(db, rows)
        return len(rows) // 3

    def series(self, metric: str | None = None, host: str | None = None) -> list[Series]:
        sql = """SELECT metric, host, tag, part, field FROM series
                 WHERE metric = coalesce(?, metric) AND host = coalesce(?, host)
                 ORDER BY metric, host, tag, part, field"""
        with self._reader() as db:
            return list(map(Series._make, db.execute(sql, (metric, host))))

    def query(
        self, series: Sequence[Series], start: int, stop: int, interval: int
    ) -> dict[Series, list[Bucket]]:
        if interval < 1:
            raise ValueError(f"interval is {interval} ms, but must be 1 or more")
        found: dict[Series, list[Bucket]] = {one: [] for one in series}
        with self._reader() as db:
            cutter = Cutter(db, start, stop, interval)
            states = [(one, row) for one in series for row in db.execute(_STATE, one).fetchall()]
            for one, (number, *ends) in sorted(states, key=lambda state: state[1][1:]):
                found[one] = cutter.buckets(number, *ends)
        return found

    def roll_up(self, until: int) -> Iterator[Work]:
        until = floor(until, HOUR)
        self._rolled = max(self._rolled, until)
        yield from self._sweep(rollups.TO_ROLL, rollups.roll_up, until)

    def thin(self, before: int) -> Iterator[Work]:
        yield from self._sweep(rollups.TO_THIN, rollups.thin, before)

    def forget(self, before: int) -> Iterator[Work]:
        removed = False
        for step in self._sweep(rollups.TO_FORGET, rollups.forget, before):
            removed = True
            yield step
        if removed:
            with self._transaction() as db:
                if db.execute(_FORGET).rowcount:
                    self._forget_ids()

    def delete_before(self, time: int) -> int:
        done = total(self.forget(time))
        return done.raw + done.rollups

    def policy(self) -> Policy:
        with self._reader() as db:
            kept = dict(db.execute("SELECT name, value FROM policy"))
        try:
            return msgspec.convert(kept, Policy, strict=False)
        except msgspec.ValidationError as exc:
            raise StoreError(f"The history {self.path} has a policy that cannot be used: {exc}") from exc

    def set_policy(self, policy: Policy) -> None:
        with self._transaction() as db:
            rows = msgspec.structs.asdict(policy).items()
            db.executemany("INSERT OR REPLACE INTO policy VALUES (?, ?)", rows)

    def span(self) -> Span:
        with self._reader() as db:
            ends = db.execute(_ENDS).fetchone()
        oldest, newest = (None if end is None else from_ms(end) for end in ends)
        return Span(self._size(), oldest, newest)

    def tiers(self) -> list[Tier]:
        tables = ("points", "rollups WHERE tier = 1", "rollups WHERE tier = 60")
        with self._reader() as db:
            rows = [db.execute(_TIER + table).fetchone() for table in tables]
        return [Tier(name, *row) for name, row in zip(NAMES.values(), rows, strict=True)]

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

    def _placed(self, db: sqlite3.Connection, one: Point | Numbers) -> tuple[list[int], Iterable[float]]:
        """The series of each number in it, and the numbers."""
        if not isinstance(one, Numbers):
            return [self._id(db, one[:4], field) for field in one.fields], one.fields.values()
        known = self._layouts.get(one.layout.whose)
        if known is None or known[0] is not one.layout:
            known = self._layouts[one.layout.whose] = (one.layout, self._find(db, one.layout))
        return known[1], one.values

    def _find(self, db: sqlite3.Connection, layout: Layout) -> list[int]:
        parts = [((*layout.whose, part.tag, part.name), part.fields) for part in layout.parts]
        return [self._id(db, key, field) for key, fields in parts for field in fields]

    def _id(self, db: sqlite3.Connection, key: tuple[str, str, str, str], field: str) -> int:
        ids = self._ids.setdefault(key, {})
        if field not in ids:
            row = db.execute(_FIND, (*key, field)).fetchone() or db.execute(_ADD, (*key, field)).fetchone()
            ids[field] = row[0]
        return ids[field]

    def _forget_ids(self) -> None:
        self._ids.clear()
        self._layouts.clear()

    def _sweep(self, which: str, work: _Job, limit: int) -> Iterator[Work]:
        """Do `work` to each of those series until it has no more, some milliseconds in a transaction."""
        with self._reader() as db:
            left = [row[0] for row in db.execute(which, (limit,))]
        for number in count(1):
            if not left:
                return
            # Without waiting for the disk: what a power cut undoes of it is done again.
            with self._transaction("NORMAL") as db:
                step = _step(db, left, work, limit)
            if number % _CHECKPOINT_STEPS == 0:
                with self._connection() as db:
                    db.execute("PRAGMA wal_checkpoint")
            yield step

    def _size(self) -> int:
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @contextmanager
    def _transaction(self, synchronous: str = "FULL") -> Iterator[sqlite3.Connection]:
        with self._writing, explain(self.path):
            try:
                db = self._writer = self._writer or connect(self.path, self._busy)
                db.execute(f"PRAGMA synchronous = {synchronous}")
                begin(db, self._busy)
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
            self._forget_ids()
            self._version = version
            newest = db.execute("SELECT max(rolled_to) FROM series").fetchone()[0]
            self._rolled = max(self._rolled, NEVER if newest is None else newest)

    def _drop_writer(self) -> None:
        self._forget_ids()
        self._version = -1
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection of the caller's own, showing one moment of the store."""
        with self._connection() as db:
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with explain(self.path):
            db = self._take_idle() or connect(self.path, self._busy)
            try:
                yield db
            except BaseException:
                db.close()
                raise
            self._idle.append(db)

    def _take_idle(self) -> sqlite3.Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _step(db: sqlite3.Connection, left: list[int], work: _Job, limit: int) -> Work:
    """Work for STEP_SECONDS at the series that are `left`; what is done with goes from there."""
    began, step = time.monotonic(), Work()
    while left:
        done = work(db, left[-1], limit)
        step = total((step, done.work))
        if not done.more:
            left.pop()
        if time.monotonic() - began >= STEP_SECONDS:
            break
    return step


def _keep(db: sqlite3.Connection, rows: list[float]) -> None:
    step = 3 * ROWS_AT_ONCE
    whole = len(rows) // step * step
    for at in range(0, whole, step):
        db.execute(_KEEP_MANY, rows[at : at + step])
    rest = iter(rows[whole:])
    db.executemany(_KEEP, zip(rest, rest, rest, strict=True))
