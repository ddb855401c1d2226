"""The history in one SQLite file: no server to run.

Every table grows at its end only: readings come into a tail, a row a commit, and each hour is then folded
into chunks, a row a series, with its rollups.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import msgspec

from perfwatch.errors import StoreError
from perfwatch.history.policy import Policy
from perfwatch.history.sqlite import query, retention, sizes, tail
from perfwatch.history.sqlite.file import BUSY_SECONDS, begin, connect, explain
from perfwatch.history.sqlite.names import Names, known, named
from perfwatch.history.sqlite.upkeep import Upkeep
from perfwatch.history.store import Bucket, Numbers, Point, Series, Span, Tier, Work
from perfwatch.readings.codec import from_ms


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
        self._names = Names()
        self._idle: list[sqlite3.Connection] = []
        self._upkeep = Upkeep(self._transaction, self._reader, self._checkpoint)

    def write(self, points: Iterable[Point | Numbers]) -> int:
        with self._transaction() as db:
            messages = [one for one in self._names.messages(db, points) if one.numbers]
            tail.add(db, messages)
        return sum([len(one.numbers) for one in messages]) // tail.NUMBER_BYTES

    def series(self, metric: str | None = None, host: str | None = None) -> list[Series]:
        with self._reader() as db:
            return named(db, metric, host)

    def query(
        self, series: Sequence[Series], start: int, stop: int, interval: int
    ) -> dict[Series, list[Bucket]]:
        if interval < 1:
            raise ValueError(f"interval is {interval} ms, but must be 1 or more")
        with self._reader() as db:
            there = {one: place for one in series if (place := known(db, one)) is not None}
            found = query.buckets(db, there.values(), start, stop, interval)
        return {one: found.get(there[one].id, []) if one in there else [] for one in series}

    def roll_up(self, until: int) -> Iterator[Work]:
        return self._upkeep.roll_up(until)

    def thin(self, before: int) -> Iterator[Work]:
        return self._upkeep.thin(before)

    def forget(self, before: int) -> Iterator[Work]:
        yield from self._upkeep.forget(before)
        with self._transaction("NORMAL") as db:
            if retention.forget_empty(db, before):
                self._names.forget()

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
            ends = sizes.ends(db)
        oldest, newest = (None if end is None else from_ms(end) for end in ends)
        return Span(self._size(), oldest, newest)

    def tiers(self) -> list[Tier]:
        with self._reader() as db:
            return sizes.tiers(db)

    def moved(self) -> float | None:
        """How much of a history of an earlier layout is in this one, from 0 to 1; None when all of it is."""
        with self._reader() as db:
            return sizes.moved(db)

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
            self._names.forget()
            self._version = version

    def _drop_writer(self) -> None:
        self._names.forget()
        self._version = -1
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _checkpoint(self) -> None:
        with self._connection() as db:
            db.execute("PRAGMA wal_checkpoint")

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
