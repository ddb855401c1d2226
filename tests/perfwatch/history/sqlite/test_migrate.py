"""A history of an earlier layout is moved while it is in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfwatch.cli import main
from perfwatch.history.rollup import HOUR, MINUTE, total
from perfwatch.history.sqlite import upkeep
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Bucket, Point, Series
from tests.perfwatch.history.sqlite.old_layout import OldHistory

NOON = 1_795_435_200_000
HOURS = 5
USER = Series("cpu", "nas", "", "", "user")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Five hours, four of them rolled up and one of those thinned."""
    path = tmp_path / "history.db"
    old = OldHistory(path)
    with closing(old.connect()) as db:
        for time in range(NOON, NOON + HOURS * HOUR, 30_000):
            old.write(db, [Point("cpu", "nas", "", "", time, {"user": float(time // 30_000 % 100)})])
        old.roll_up(db, NOON + 4 * HOUR)
        old.thin(db, NOON + HOUR)
    return path


@pytest.fixture
def store(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteStore]:
    monkeypatch.setattr(upkeep, "STEP_SECONDS", 0.0)
    with SqliteStore(path) as store:
        yield store


def answers(store: SqliteStore) -> list[list[Bucket]]:
    stop = NOON + HOURS * HOUR
    return [
        store.query([USER], NOON, stop, each)[USER] for each in (1, MINUTE, 7 * MINUTE, 30 * MINUTE, HOUR)
    ]


def test_it_answers_the_same_before_within_and_after_the_move(store: SqliteStore) -> None:
    expected = answers(store)
    assert [len(found) for found in expected] == [60 + 4 * 120, 300, 44, 10, 5]
    steps = 0
    for _ in store.roll_up(NOON + 4 * HOUR):
        assert answers(store) == expected
        steps += 1
    assert steps > HOURS


def test_readings_that_come_meanwhile_are_seen_at_once(store: SqliteStore) -> None:
    steps = store.thin(NOON)
    next(steps)
    store.write([Point("cpu", "nas", "", "", time, {"user": -1.0}) for time in (NOON + 5, NOON + 4 * HOUR)])
    assert store.query([USER], NOON + 4 * HOUR, NOON + 4 * HOUR + 1, 1)[USER] == [
        Bucket(NOON + 4 * HOUR, *[-1.0] * 3)
    ]
    total(steps)
    total(store.roll_up(NOON + 4 * HOUR))
    assert store.query([USER], NOON, NOON + MINUTE, MINUTE)[USER][0].min == -1.0
    assert store.query([USER], NOON + 4 * HOUR, NOON + 4 * HOUR + 1, 1)[USER] == [
        Bucket(NOON + 4 * HOUR, *[-1.0] * 3)
    ]


def test_how_far_it_is_is_told(store: SqliteStore, path: Path) -> None:
    shown, told = [], []
    for _ in store.thin(NOON):
        told.append(store.moved())
        result = CliRunner().invoke(main, ["history", "info", "--history", f"sqlite://{path}"])
        shown += [line for line in result.output.splitlines() if line.startswith("layout")]
    assert told[:4] == [pytest.approx(hour / HOURS, abs=0.01) for hour in range(1, 5)]
    assert shown[0] == "layout   20% moved from that of an earlier PerfWatch; the bridge goes on with it"
    assert store.moved() is None


def test_nothing_of_the_earlier_layout_is_left(store: SqliteStore, path: Path) -> None:
    before, sizes = store.span(), store.tiers()
    total(store.thin(NOON))
    assert (store.span()[1:], store.tiers()) == (before[1:], sizes)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'old%'").fetchall() == []


def test_two_may_move_it_at_once(store: SqliteStore, path: Path) -> None:
    expected = answers(store)
    with SqliteStore(path) as other:
        both = [store.thin(NOON), other.roll_up(NOON + 4 * HOUR)]
        while both:
            both = [steps for steps in both if next(steps, None) is not None]
    assert answers(store) == expected
