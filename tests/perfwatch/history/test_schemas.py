"""A history that any release wrote is brought forward, with all that is in it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from perfwatch.errors import StoreError
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, total
from perfwatch.history.sqlite import schema as schemas
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Bucket, Series

RECORDED = {
    int(match[1]): path
    for path in sorted((Path(__file__).parent / "recordings").glob("history_v*.db"))
    if (match := re.search(r"_v(\d+)\.db$", path.name))
}
NOON = 1_795_435_200_000
USER = Series("cpu", "nas", "", "", "user")
ETH0 = Series("network", "nas", "interface", "eth0", "bytes_sent")

every = pytest.mark.parametrize("version", RECORDED)


@pytest.fixture
def path(tmp_path: Path, version: int) -> Path:
    path = tmp_path / "history.db"
    path.write_bytes(RECORDED[version].read_bytes())
    return path


def schema(path: Path) -> tuple[int, list[tuple[str, str]]]:
    """The version of a file, and its tables as SQLite describes them."""
    with closing(sqlite3.connect(path)) as db:
        tables = db.execute(
            "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
            " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
        ).fetchall()
        [version] = db.execute("PRAGMA user_version").fetchone()
    return version, tables


def test_there_is_a_recording_of_every_schema() -> None:
    assert list(RECORDED) == list(range(1, schemas.VERSION + 1))


@every
def test_a_recording_is_what_its_name_says(path: Path, version: int) -> None:
    assert schema(path)[0] == version


@every
def test_it_becomes_what_a_new_file_is(path: Path, tmp_path: Path) -> None:
    for each in (path, tmp_path / "new" / "history.db"):
        with SqliteStore(each) as store:
            store.set_policy(Policy())
            total(store.roll_up(NOON))
    assert schema(path) == schema(tmp_path / "new" / "history.db")


@every
def test_every_reading_is_there_and_can_be_rolled_up(path: Path, version: int) -> None:
    with SqliteStore(path) as store:
        assert store.series() == [USER, ETH0]
        assert len(store.query([USER], NOON, NOON + HOUR, 1)[USER]) == 120
        assert len(store.query([ETH0], NOON, NOON + HOUR, 1)[ETH0]) == 10
        total(store.roll_up(NOON + HOUR))
        assert store.query([USER], NOON, NOON + HOUR, HOUR)[USER] == [Bucket(NOON, 59.5, 0.0, 119.0)]


@pytest.mark.parametrize("version", [version for version in RECORDED if version > 1])
def test_rollups_policy_and_what_came_after_them_stay(path: Path, version: int) -> None:
    with SqliteStore(path) as store:
        assert store.policy() == Policy(retention_days=90)
        assert [(tier.name, tier.rows) for tier in store.tiers()] == [("raw", 142), ("1m", 20), ("1h", 2)]
        for until in (NOON + HOUR, NOON + 2 * HOUR):  # from where that release left them, and folded
            total(store.roll_up(until))
            assert len(store.query([USER], NOON + HOUR, NOON + 2 * HOUR, 1)[USER]) == 12


@pytest.mark.parametrize("version", [max(RECORDED)])
def test_a_file_of_a_newer_schema_is_refused_and_left_as_it_is(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA user_version = {version + 1}")
    with SqliteStore(path) as store, pytest.raises(StoreError, match="upgrade"):
        store.series()
    assert schema(path)[0] == version + 1
