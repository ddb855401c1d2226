"""What only the SQLite store does: what it reads, and how it deletes and rolls up in steps."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from unittest.mock import ANY

import pytest

from perfwatch.errors import BadPoints, StoreError
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, MINUTE, total
from perfwatch.history.sqlite import query, retention, upkeep
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point, Series
from tests.perfwatch.history.sqlite.conftest import USER, point

# Written by the first PerfWatch that had a history: 120 readings each 5 s, and 10 each minute.
V1 = Path(__file__).parents[1] / "recordings" / "history_v1.db"
NOON = 1_795_435_200_000
DAY = 24 * HOUR


def test_a_reader_may_come_before_any_writer(store: SqliteStore) -> None:
    assert store.series() == []


def test_threads_may_share_a_store(store: SqliteStore) -> None:
    def work(number: int) -> int:
        store.write([point(number)])
        return len(store.query([USER], number, number + 1, 1)[USER])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(100))) == [1] * 100


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
