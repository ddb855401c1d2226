"""Folding the tail: by two at once, beside writers, and before the hour is over when there is much of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwatch.history.rollup import HOUR, MINUTE, total
from perfwatch.history.sqlite import upkeep
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Bucket, Point, Series, Work

NOON = 1_795_435_200_000
SERIES = [Series("cpu", host, "", "", "user") for host in ("nas", "desk", "attic")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def store(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteStore]:
    monkeypatch.setattr(upkeep, "STEP_SECONDS", 0.0)
    monkeypatch.setattr(upkeep, "SERIES_AT_ONCE", 1)
    monkeypatch.setattr(upkeep, "ROWS_REMOVED", 20)
    with SqliteStore(path) as store:
        yield store


def points(time: int, value: float) -> list[Point]:
    return [Point(*series[:4], time, {series.field: value}) for series in SERIES]


def rows(store: SqliteStore, table: str) -> int:
    with store._reader() as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.parametrize("seed", range(10))
def test_two_may_fold_at_once_while_others_write(store: SqliteStore, path: Path, seed: int) -> None:
    chance = random.Random(seed)
    expected: dict[int, float] = {}

    def write(time: int) -> None:
        expected[time] = round(chance.random() * 100, 1)
        store.write(points(time, expected[time]))

    for minute in range(120):
        write(NOON + minute * MINUTE)
    with SqliteStore(path) as other:
        both = [one.roll_up(NOON + 2 * HOUR) for one in (store, other)]
        while both:
            steps = chance.choice(both)
            if next(steps, None) is None:
                both.remove(steps)
            if chance.random() < 0.3:
                write(NOON + chance.randrange(120) * MINUTE)  # takes the place of what is being folded
    total(store.roll_up(NOON + 2 * HOUR))
    assert rows(store, "ticks") == 0
    for interval in (1, MINUTE):
        for found in store.query(SERIES, NOON, NOON + 2 * HOUR, interval).values():
            assert found == [Bucket(time, *[value] * 3) for time, value in sorted(expected.items())]


def test_a_crowded_tail_is_folded_before_the_hour_is_over(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "CROWDED_BYTES", 100)
    for minute in range(40):
        store.write(points(NOON + minute * MINUTE, float(minute)))
    assert total(store.roll_up(NOON)) == Work()
    assert rows(store, "ticks") == 10
    found = store.query(SERIES, NOON, NOON + HOUR, 20 * MINUTE)
    assert list(found.values()) == [[Bucket(NOON, 9.5, 0, 19), Bucket(NOON + 20 * MINUTE, 29.5, 20, 39)]] * 3
    assert total(store.roll_up(NOON + HOUR)) == Work(rolled_up=40 * len(SERIES))


def test_an_hour_is_rolled_up_once(store: SqliteStore) -> None:
    for minute in range(60):
        store.write(points(NOON + minute * MINUTE, 1.0))
    assert total(store.roll_up(NOON + HOUR)).rolled_up == 60 * len(SERIES)
    assert (rows(store, "ticks"), rows(store, "unrolled"), rows(store, "chunks")) == (0, 0, len(SERIES))
    assert list(store.roll_up(NOON + HOUR)) == []


def test_a_commit_is_one_row_for_ten_seconds(store: SqliteStore) -> None:
    cores = [Point("cpu", "nas", "core", str(core), NOON, {"user": 1.0, "system": 2.0}) for core in range(4)]
    assert store.write([*cores, *points(NOON, 3.0), *points(NOON + 9_999, 4.0)]) == 14
    assert rows(store, "ticks") == 1
    store.write([*points(NOON + 5000, 5.0), *points(NOON + 10_000, 6.0)])
    assert rows(store, "ticks") == 3
    found = store.query(SERIES, NOON + 1, NOON + 10_000, 1)
    assert [[(one.time - NOON, one.mean) for one in buckets] for buckets in found.values()] == [
        [(5000, 5.0), (9999, 4.0)]
    ] * 3
