"""Opening the SQLite file of a history, and saying in a sentence why that failed."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from perfwatch.errors import StoreError
from perfwatch.history.sqlite.schema import VERSION, statements

BUSY_SECONDS = 5.0
_LOOK_SECONDS = 0.001

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
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
    except BaseException:
        db.close()
        raise
    return db


def begin(db: sqlite3.Connection, busy: float) -> None:
    """Begin to write, waiting up to `busy` seconds for other writers.

    SQLite's own wait sleeps longer each time, up to 100 ms, and so misses the moments in between two
    steps of an upkeep: this one looks every millisecond.
    """
    deadline = time.monotonic() + busy
    db.execute("PRAGMA busy_timeout = 0")
    while True:
        try:
            db.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError as exc:
            # Or SQLITE_BUSY_RECOVERY: another process puts right what a kill left behind.
            if not _name(exc).startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_SECONDS)
    db.execute(f"PRAGMA busy_timeout = {round(busy * 1000)}")


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
    """Make a private file where there is none.

    Never by opening what is there: to close any descriptor of a file ends all POSIX locks that this
    process has on it, SQLite's too. Another process then takes itself for the last one, and removes the
    -wal file into which this one goes on writing.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    os.close(descriptor)
    try:
        with suppress(FileExistsError):
            _name_it(temporary, path)
    finally:
        Path(temporary).unlink()


def _name_it(temporary: str, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # FAT has no hard links
        path.touch(mode=0o600, exist_ok=False)


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
    """Bring a new or older file to this schema, in one step: another process may be doing it too."""
    if _version(db) != VERSION:
        db.execute("BEGIN IMMEDIATE")
        _check(db, path)
        for statement in statements(_version(db)):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
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


def copy(source: Path, target: Path, progress: Callable[[float], None]) -> None:
    """Copy the history at `source` as it is at one moment, while others write to it.

    `progress` is told how much of it is done, from 0 to 1. Raises StoreError.
    """

    def told(_status: int, left: int, total: int) -> None:
        progress(1 - left / total if total else 1.0)

    if not source.is_file():
        raise StoreError(f"There is no history at {source}")
    with explain(source), closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as db:
        _create(target)
        with closing(sqlite3.connect(target)) as copied:
            # So many pages at a time: writers are let in between two.
            db.backup(copied, pages=10_000, progress=told, sleep=0.01)


def check(path: Path) -> None:
    """Raise StoreError when the file is damaged, or is no history that this version can read."""
    with explain(path), closing(sqlite3.connect(path)) as db:
        _check(db, path)
        # Ours has neither, and these would run with whatever is asked of it.
        if db.execute("SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone()[0]:
            raise StoreError(f"The history {path} has triggers or views, which no PerfWatch makes")
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"The history {path} is damaged: {found}")
