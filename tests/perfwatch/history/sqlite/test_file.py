"""The file of a history in SQLite: whose it is, who may use it at once, and what is said when nobody can."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import cast

import pytest

from perfwatch.errors import SettingError, StoreError
from perfwatch.history.open import open_store
from perfwatch.history.sqlite import file as sqlite_file
from perfwatch.history.sqlite.store import SqliteStore
from tests.perfwatch.history.sqlite.conftest import USER, point


def test_the_files_and_their_folder_are_private(store: SqliteStore, path: Path) -> None:
    store.write([point(0)])
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_is_made_before_it_is_used(store: SqliteStore, path: Path) -> None:
    assert not path.exists()


def test_every_write_reaches_the_disk_before_it_returns(store: SqliteStore, path: Path) -> None:
    with store._transaction() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("attempt", range(15))  # a race that goes wrong does so now and then
def test_many_may_make_the_same_history_at_once(path: Path, attempt: int) -> None:
    barrier = threading.Barrier(8)

    def make(number: int) -> None:
        with SqliteStore(path) as store:
            barrier.wait()
            store.write([point(number)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(8)))
    with SqliteStore(path) as store:
        assert len(store.query([USER], 0, 100, 1)[USER]) == 8


def test_another_process_that_ends_takes_nothing_with_it(store: SqliteStore, path: Path) -> None:
    """The last connection to a file removes its -wal: no process may take itself for the last wrongly."""
    store.write([point(0)])
    assert len(store.series()) == 1  # a second connection of this process
    command = [sys.executable, "-m", "tests.perfwatch.history.writer", f"sqlite://{path}", "other", "3", "0"]
    subprocess.run(command, check=True, capture_output=True)
    other = USER._replace(host="other")
    assert len(store.query([other], 0, 10_000, 1)[other]) == 3
    store.write([point(1)])
    with SqliteStore(path) as later:
        assert len(later.query([USER], 0, 100, 1)[USER]) == 2


def test_a_locked_store_says_so_and_works_again_afterwards(store: SqliteStore, path: Path) -> None:
    store.write([point(0)])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match=r"history\.db.*another process keeps it locked"):
            store.write([point(1)])
        assert len(store.query([USER], 0, 100, 1)[USER]) == 1  # readers do not wait for a writer
        other.execute("ROLLBACK")
    store.write([point(1)])
    assert len(store.query([USER], 0, 100, 1)[USER]) == 2


def test_a_full_disk_is_named(store: SqliteStore) -> None:
    store.write([point(0)])
    with store._transaction() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full: free some space"):
        store.write(point(time) for time in range(100_000))
    assert len(store.query([USER], 0, 10**6, 1)[USER]) == 1


def test_a_file_that_is_no_database_is_left_alone(store: SqliteStore, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("shopping list " * 100)
    with pytest.raises(StoreError, match="not an SQLite database: move it away, or set PERFWATCH_HISTORY"):
        store.series()
    assert path.read_text() == "shopping list " * 100


def test_a_database_of_another_program_is_left_alone(store: SqliteStore, path: Path) -> None:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="a database of another program"):
        store.write([point(0)])
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused(store: SqliteStore, path: Path) -> None:
    store.write([point(0)])
    store.close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="written by a newer PerfWatch"):
        store.series()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        SqliteStore(tmp_path / "file" / "history.db") as store,
        pytest.raises(StoreError, match="cannot be opened"),
    ):
        store.span()


def test_a_writer_comes_in_soon_after_another_ends(store: SqliteStore, path: Path) -> None:
    """SQLite's own wait would look again after as much as 100 ms."""
    store.write([point(0)])
    looks: list[float] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(sqlite_file.connect(path, 0.2)) as db:
            db.set_trace_callback(
                lambda text: looks.append(monotonic()) if text == "BEGIN IMMEDIATE" else None
            )
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                sqlite_file.begin(db, 0.2)
    assert len(looks) > 5  # SQLite by itself: 1


class Recovering:
    """A connection to a file that another process is putting right: busy the first two times."""

    def __init__(self) -> None:
        self.left = 2

    def execute(self, sql: str) -> None:
        if sql == "BEGIN IMMEDIATE" and self.left:
            self.left -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorname = "SQLITE_BUSY_RECOVERY"
            raise error


def test_a_writer_waits_for_a_recovery_too() -> None:
    db = Recovering()
    sqlite_file.begin(cast(sqlite3.Connection, db), 5.0)
    assert db.left == 0


@pytest.mark.parametrize("slashes", ["sqlite://", "sqlite:///"])
def test_a_store_is_opened_by_its_url(tmp_path: Path, slashes: str) -> None:
    store = open_store(f"{slashes}{tmp_path}/a ?#%41.db")
    assert isinstance(store, SqliteStore)
    assert store.path == tmp_path / "a ?#%41.db"


@pytest.mark.parametrize(
    "url", ["", "history.db", "sqlite://host", "sqlite:///", "ftp://x/", "sqlite:///dir/"]
)
def test_an_address_without_a_store_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match="PERFWATCH_HISTORY must name a file"):
        open_store(url)
