from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from dashboard.history import known
from dashboard.history.known import KnownSeries
from perfwatch.errors import StoreError
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point, Series
from tests.servers import wait_until


class Slow(SqliteStore):
    """A store that lists its series when it is let, and counts how often it was asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.let, self.asked = Event(), 0
        self.fault: Exception | None = None

    def series(self, metric: str | None = None, host: str | None = None) -> list[Series]:
        self.asked += 1
        self.let.wait(60)
        if self.fault is not None:
            raise self.fault
        return super().series(metric, host)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slow:
    monkeypatch.setattr(known, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(known, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(known, "KNOWN_FOR", 0.0)
    monkeypatch.setattr(known, "TIMES", 0.0)
    return Slow(tmp_path / "history.db")


def add(store: Slow, metric: str) -> None:
    store.write([Point(metric, "nas", "", "", 1, {"x": 1.0})])


def names(series: KnownSeries) -> list[str]:
    return [one.metric for one in series.all()]


def test_a_first_list_that_takes_long_is_there_for_who_asks_again(store: Slow) -> None:
    series = KnownSeries(store, "SQLite here")
    add(store, "one")
    for _ in range(3):
        with pytest.raises(StoreError, match="SQLite here did not answer yet"):
            series.all()
    assert store.asked == 1
    store.let.set()
    wait_until(lambda: listed(series), "the series are listed")


def test_the_last_list_is_given_while_a_new_one_is_made(store: Slow) -> None:
    series = KnownSeries(store, "SQLite here")
    add(store, "one")
    store.let.set()
    wait_until(lambda: listed(series), "the series are listed")
    store.let.clear()
    add(store, "two")
    assert names(series) == ["one"]
    store.let.set()
    wait_until(lambda: names(series) == ["one", "two"], "the new list is there")


def test_a_list_that_took_long_is_good_for_long(store: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "TIMES", 1e9)
    series = KnownSeries(store, "SQLite here")
    store.let.set()
    assert [names(series) for _ in range(3)] == [[]] * 3
    assert store.asked == 1


@pytest.mark.parametrize("fault", [StoreError("away"), KeyError("nobody foresaw that it is away")])
def test_a_store_that_fails_is_said_and_asked_again(store: Slow, fault: Exception) -> None:
    series = KnownSeries(store, "SQLite here")
    add(store, "one")
    store.let.set()
    wait_until(lambda: listed(series), "the series are listed")
    store.fault = fault
    with pytest.raises(type(fault), match="away"):
        wait_until(lambda: names(series) == [], "the store is found to be away")
    store.fault = None
    wait_until(lambda: listed(series), "it is well again")


def listed(series: KnownSeries) -> bool:
    try:
        return names(series) == ["one"]
    except (StoreError, KeyError):
        return False
