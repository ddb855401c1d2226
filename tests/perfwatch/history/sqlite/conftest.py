"""An empty history in a file, and points for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point, Series

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
