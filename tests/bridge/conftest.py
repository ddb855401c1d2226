from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perfwatch.history.sqlite.store import SqliteStore
from tests.bridge.observing import Refusing


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "history.db", busy=0.2) as opened:
        yield opened


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[Refusing]:
    with Refusing(tmp_path / "history.db") as opened:
        yield opened
