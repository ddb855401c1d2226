from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.spool import Spool
from perfwatch.history.sqlite.store import SqliteStore
from tests.bridge.faulty import Faulty
from tests.bridge.observing import Refusing
from tests.bridge.spools import Clock, Opener


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "history.db", busy=0.2) as opened:
        yield opened


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[Refusing]:
    with Refusing(tmp_path / "history.db") as opened:
        yield opened


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Opener]:
    opened: list[Spool] = []

    def opener(folder: Path = tmp_path / "spool", size: int = 10**9, clock: Clock | None = None) -> Spool:
        clock = clock or Clock()
        spool = Spool(folder, size, 3600.0, clock, clock)
        opened.append(spool)
        spool.open()
        return spool

    yield opener
    for spool in opened:
        spool.close()


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Faulty]:
    with Faulty(tmp_path / "history.db") as opened:
        yield opened
