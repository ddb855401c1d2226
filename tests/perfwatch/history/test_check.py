from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.errors import SettingError
from perfwatch.history.check import examine
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point


def test_a_history_tells_its_size_and_span(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with SqliteStore(path) as store:
        store.write([Point("cpu", "nas", "", "", time, {"user": 1.0}) for time in (0, 86_400_000)])
    check = examine(f"sqlite://{path}", needed=True)
    assert check.state == "ok"
    assert check.found.endswith("kB, readings from 1970-01-01 00:00 to 1970-01-02 00:00 UTC")


def test_an_empty_history_is_well(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with SqliteStore(path) as store:
        store.write([])
    assert examine(f"sqlite://{path}", needed=True).found.endswith("no readings yet")


@pytest.mark.parametrize(("needed", "state"), [(True, "failed"), (False, "absent")])
def test_a_history_that_is_not_there_is_not_made(tmp_path: Path, needed: bool, state: str) -> None:
    check = examine(f"sqlite://{tmp_path}/history.db", needed)
    assert check.state == state
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_named_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_text("not a database, but long enough to be looked at as one" * 100)
    check = examine(f"sqlite://{path}", needed=False)
    assert check.state == "failed"
    assert "not an SQLite database" in check.found


def test_an_address_of_no_store_is_a_bad_setting() -> None:
    with pytest.raises(SettingError, match="PERFWATCH_HISTORY"):
        examine("mongodb://somewhere", needed=True)
