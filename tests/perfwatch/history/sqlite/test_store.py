"""What only the SQLite store does: its file, its locks, and what it says when it cannot."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import cast
from unittest.mock import ANY

import pytest

from perfwatch.errors import BadPoints, SettingError, StoreError
from perfwatch.history.open import open_store
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, MINUTE, total
from perfwatch.history.sqlite import file as sqlite_file
from perfwatch.history.sqlite import query, retention, upkeep
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point, Series

# Written by the first PerfWatch that had a history: 120 readings each 5 s, and 10 each minute.
V1 = Path(__file__).parents[1] / "recordings" / "history_v1.db"
NOON = 1_795_435_200_000
DAY = 24 * HOUR

USER = Series("cpu", "nas", "", "", "user")


def point(time: int, value: float = 1.0) -> Point:
    return Point("cpu", "nas", "", "", time, {"user": value})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "data" / "history.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path, busy=0.2) as opened:
        yield opened


def test_the_files_and_their_folder_are_private(store: SqliteStore, path: Path) -> None:
    store.write([point(0)])
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_is_made_before_it_is_used(store: SqliteStore, path: Path) -> None:
    assert not path.exists()


def test_a_reader_may_come_before_any_writer(store: SqliteStore) -> None:
    assert store.series() == []


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


def test_threads_may_share_a_store(store: SqliteStore) -> None:
    def work(number: int) -> int:
        store.write([point(number)])
        return len(store.query([USER], number, number + 1, 1)[USER])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(100))) == [1] * 100


def test_another_process_that_ends_takes_nothing_with_it(store: SqliteStore, path: Path) -> None:
    """The last connection to a file removes its -wal: no process may take itself for the last wrongly."""
    store.write([point(0)])
    assert len(store.series()) == 1  # a second connection of this process
    command = [sys.executable, "-m", "tests.perfwatch.history.writer", f"sqlite://{path}", "other", "3"]
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


def test_a_write_that_fails_leaves_nothing_behind(store: SqliteStore) -> None:
    with pytest.raises(BadPoints, match="thousands of years away"):
        store.write([Point("gpu", "nas", "", "", 2**60, {"watts": 1.0})])
    assert store.series() == []
    store.write([Point("gpu", "nas", "", "", 0, {"watts": 1.0})])
    assert store.series() == [Series("gpu", "nas", "", "", "watts")]


def test_any_number_of_messages_may_have_the_same_time(store: SqliteStore) -> None:
    for value in range(300):
        store.write([point(5, value), point(4)])
    assert [(one.time, one.mean) for one in store.query([USER], 0, 10, 1)[USER]] == [(4, 1), (5, 299)]


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


def test_old_readings_are_deleted_in_steps(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 10)
    monkeypatch.setattr(upkeep, "STEP_SECONDS", 0.0)
    store.write([point(hour * HOUR) for hour in range(105)])
    steps: list[int] = []
    with store._transaction() as db:
        db.set_trace_callback(lambda text: steps.append(1) if text == "COMMIT" else None)
    assert store.delete_before(100 * HOUR) == 100
    assert len(steps) >= 10
    left = store.query([USER], 0, 1000 * HOUR, 1)[USER]
    assert [bucket.time for bucket in left] == [hour * HOUR for hour in range(100, 105)]


def test_a_step_takes_one_series_after_another_for_some_milliseconds(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([Point("cpu", f"host {number}", "", "", 0, {"user": 1.0}) for number in range(50)])
    monkeypatch.setattr(upkeep, "STEP_SECONDS", 60.0)
    assert [step.rolled_up for step in store.roll_up(HOUR)] == [50, 0, 0]  # and the tail, and how far it is
    store.write([Point("cpu", f"host {number}", "", "", 1, {"user": 1.0}) for number in range(50)])
    monkeypatch.setattr(upkeep, "STEP_SECONDS", 0.0)
    assert [step.rolled_up for step in store.roll_up(HOUR)] == [16] * 6 + [4, 0]


def test_many_may_bring_the_same_file_forward_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(V1.read_bytes())
    barrier = threading.Barrier(6)

    def read(_: int) -> int:
        with SqliteStore(path) as store:
            barrier.wait()
            return len(store.series())

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(read, range(6))) == [2] * 6


def test_a_policy_that_makes_no_sense_is_named(store: SqliteStore, path: Path) -> None:
    store.set_policy(Policy())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE policy SET value = 0 WHERE name = 'retention_days'")
    with pytest.raises(StoreError, match=r"history\.db has a policy that cannot be used: .*retention_days"):
        store.policy()


def test_the_span_counts_what_is_not_yet_in_the_main_file(store: SqliteStore, path: Path) -> None:
    store.write([point(time) for time in range(1000)])
    wal = path.with_name("history.db-wal")
    assert store.span().bytes == path.stat().st_size + wal.stat().st_size
    assert wal.stat().st_size > 0


def test_a_month_of_many_buckets_reads_no_minutes(store: SqliteStore) -> None:
    """144 minutes, a 300th of 30 days, are no whole number of hours."""
    store.write([point(time) for time in range(0, 30 * DAY, MINUTE)])
    total(store.roll_up(30 * DAY))
    asked: list[str] = []
    with store._reader() as db:
        db.set_trace_callback(asked.append)
    assert len(store.query([USER], 0, 30 * DAY, 144 * MINUTE)[USER]) == 300
    assert [word for word in ("tail", "chunks", "minutes", "days") if f"FROM {word}" in str(asked)] == [
        "days"
    ]


def test_what_a_question_reads_is_looked_up_and_not_searched_for(store: SqliteStore) -> None:
    with store._reader() as db:
        for source in query._SOURCES.values():
            asked = {"first": 0, "end": 1, "series": "[1]"}
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {source.statement}", asked)]
            assert [step for step in plan if step.startswith("SCAN")] == ["SCAN periods", "SCAN periods", ANY]


def test_upkeep_keeps_what_waits_for_the_main_file_short(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([point(hour * HOUR) for hour in range(400)])
    monkeypatch.setattr(upkeep, "STEP_SECONDS", 0.0)
    before = path.stat().st_size
    assert total(store.roll_up(400 * HOUR)).rolled_up == 400
    assert path.stat().st_size > before


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


@pytest.mark.parametrize("folded", [False, True])
def test_of_two_numbers_of_one_time_the_later_one_counts_in_whatever_company(
    store: SqliteStore, folded: bool
) -> None:
    alone, accompanied = point(NOON, 1.0), Point("cpu", "nas", "", "", NOON, {"user": 2.0, "system": 9.0})
    for one in (alone, accompanied, point(NOON, 3.0), point(NOON + 5000, 4.0)):
        store.write([one])
    if folded:
        total(store.roll_up(NOON + HOUR))
    found = store.query([USER], NOON, NOON + HOUR, 5000)[USER]
    assert [bucket.mean for bucket in found] == [3.0, 4.0]
