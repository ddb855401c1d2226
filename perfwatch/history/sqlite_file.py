"""Opening the SQLite file of a history, and saying in a sentence why that failed."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perfwatch.errors import StoreError

VERSION = 1
BUSY_SECONDS = 5.0

_SCHEMA = (
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY, metric TEXT NOT NULL, host TEXT NOT NULL, tag TEXT NOT NULL,
        part TEXT NOT NULL, field TEXT NOT NULL, UNIQUE (metric, host, tag, part, field))""",
    """CREATE TABLE points (
        series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (series, time)) WITHOUT ROWID""",
    f"PRAGMA user_version = {VERSION}",
)

# The -wal file is cut back to this after a long reader had made it grow. Bytes.
_WAL_BYTES = 64 * 1024 * 1024

_ADVICE = {
    "SQLITE_FULL": "the disk is full: free some space",
    "SQLITE_NOTADB": "it is not an SQLite database: move it away, or set PERFWATCH_HISTORY to another file",
    "SQLITE_CORRUPT": "it is damaged: move it away, and a new one is made",
    "SQLITE_READONLY": "it cannot be written: check its owner and mode, and those of its folder",
    "SQLITE_CANTOPEN": "it cannot be opened: check the owner and mode of the file and its folder",
    "SQLITE_BUSY": "another process keeps it locked",
    "SQLITE_IOERR": "the disk cannot be read or written",
}


def connect(path: Path, busy: float) -> sqlite3.Connection:
    """A connection to the history at `path`, which is made when missing (0600, its folder 0700).

    Raises sqlite3.Error and OSError as they come, and StoreError when the file is of a newer schema
    or of another program.
    """
    _create(path)
    # Each connection is used by one thread at a time, though not always by the same one.
    db = sqlite3.connect(path, timeout=busy, isolation_level=None, check_same_thread=False)
    try:
        _ensure_schema(db, path)
        _use_wal(db, busy)
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def explain(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into a StoreError that says what to do."""
    try:
        yield
    except sqlite3.Error as exc:
        raise StoreError(f"The history {path} cannot be used: {_advice(exc)} ({exc})") from exc
    except OSError as exc:
        raise StoreError(f"The history {path} cannot be opened: {exc}") from exc


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _use_wal(db: sqlite3.Connection, busy: float) -> None:
    """Changing to WAL takes a lock for which SQLite does not wait by itself."""
    deadline = time.monotonic() + busy
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as exc:
            if _name(exc) != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _ensure_schema(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, in one step: another process may be making them too."""
    if _version(db) != VERSION:
        db.execute("BEGIN IMMEDIATE")
        _check(db, path)
        if _version(db) == 0:
            for statement in _SCHEMA:
                db.execute(statement)
        db.execute("COMMIT")


def _check(db: sqlite3.Connection, path: Path) -> None:
    version = _version(db)
    if version > VERSION:
        raise StoreError(
            f"The history {path} was written by a newer PerfWatch (schema {version}, this one knows"
            f" {VERSION}): upgrade, or set PERFWATCH_HISTORY to another file"
        )
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError(f"{path} is a database of another program: set PERFWATCH_HISTORY to another file")


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _advice(exc: sqlite3.Error) -> str:
    name = _name(exc)
    return next((text for start, text in _ADVICE.items() if name.startswith(start)), "SQLite refused")


def _name(exc: sqlite3.Error) -> str:
    return getattr(exc, "sqlite_errorname", "")
