"""The stores over which the conformance suite runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from perfwatch.history.open import open_store
from perfwatch.history.store import HistoryStore

Opener: TypeAlias = Callable[[], HistoryStore]


@pytest.fixture(params=["sqlite"])
def history_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty history: one param for each store that there is."""
    return {"sqlite": f"sqlite://{tmp_path / 'new' / 'history.db'}"}[request.param]


@pytest.fixture
def open_history(history_url: str) -> Iterator[Opener]:
    """Opens the same history again and again, as several processes would."""
    with ExitStack() as stack:

        def opener() -> HistoryStore:
            store = open_store(history_url)
            stack.callback(store.close)
            return store

        yield opener


@pytest.fixture
def store(open_history: Opener) -> HistoryStore:
    return open_history()
