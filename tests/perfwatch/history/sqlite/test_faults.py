"""Kills and full disks in every step of fold, thinning and the move from an earlier layout."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from perfwatch.errors import StoreError
from perfwatch.history.rollup import HOUR, total
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from tests.perfwatch.history.sqlite.killed import NOON, UNTIL, copied, finished, raw_readings
from tests.perfwatch.history.sqlite.old_layout import OldHistory

# Every so manieth statement; 1 takes some minutes.
STRIDE = os.environ.get("PERFWATCH_TEST_STRIDE", "13")


def points(start: int, stop: int, cores: int) -> Iterator[list[Point]]:
    chance = random.Random(start)
    for time in range(start, stop, 60_000):
        names = [("cpu", "nas", "core", str(core)) for core in range(cores)]
        yield [
            *(Point(*name, time, {"usage_percent": chance.random()}) for name in names),
            Point("memory", "nas", "", "", time, {"used": float(chance.randrange(10**9))}),
        ]


def tail_only(path: Path, cores: int) -> None:
    with SqliteStore(path) as store:
        for batch in points(NOON, UNTIL + HOUR // 2, cores):
            store.write(batch)


def late(path: Path, cores: int) -> None:
    """Rolled up and thinned in part, and then what comes too late for both."""
    with SqliteStore(path) as store:
        for batch in points(NOON, UNTIL, cores):
            store.write(batch)
        total(store.roll_up(NOON + 2 * HOUR))
        total(store.thin(NOON + HOUR))
        for start, stop in ((NOON, NOON + HOUR // 8), (NOON + HOUR, NOON + 3 * HOUR // 2)):
            for batch in points(start + 500, stop, cores):
                store.write(batch)


def old(path: Path, cores: int) -> None:
    history = OldHistory(path)
    with closing(history.connect()) as db:
        for batch in points(NOON, UNTIL, cores):
            history.write(db, batch)
        history.roll_up(db, NOON + 2 * HOUR)
        history.thin(db, NOON + HOUR)
        history.write(db, next(points(NOON + 500, NOON + HOUR, cores)))


HISTORIES = {"the tail": tail_only, "late readings": late, "an earlier layout": old}

histories = pytest.mark.parametrize("kind", HISTORIES)
works = pytest.mark.parametrize("work", ["roll_up", "thin", "forget"])


@histories
@works
def test_a_kill_at_any_statement_changes_nothing(tmp_path: Path, kind: str, work: str) -> None:
    HISTORIES[kind](tmp_path / "history.db", cores=2)
    module = "tests.perfwatch.history.sqlite.killed"
    command = [sys.executable, "-m", module, str(tmp_path / "history.db"), work, STRIDE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 1


@histories
@works
def test_a_disk_that_is_full_at_any_page_loses_nothing(tmp_path: Path, kind: str, work: str) -> None:
    history = tmp_path / "history.db"
    HISTORIES[kind](history, cores=24)
    raw, expected = raw_readings(copied(history, "before")), finished(copied(history, "after"), work)
    full: list[str] = []
    for pages in range(0, 200, 15):
        path = copied(history, "full")
        with SqliteStore(path) as store:
            with store._transaction() as db:
                size = db.execute("PRAGMA page_count").fetchone()[0]
                db.execute(f"PRAGMA max_page_count = {size + pages}")
            try:
                total(getattr(store, work)(UNTIL))
            except StoreError as exc:
                full.append(str(exc))
        assert work != "roll_up" or raw_readings(path) == raw
        assert finished(path, work) == expected
    assert all("the disk is full" in told for told in full)
    assert full or (kind, work) != ("the tail", "roll_up")
