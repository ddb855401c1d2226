"""The stores over which the conformance suite runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

import pytest

from perfwatch.history.influx.buckets import Qualified
from perfwatch.history.influx.url import Address, parse
from perfwatch.history.influx.version_3 import Databases3
from perfwatch.history.open import open_store
from perfwatch.history.store import HistoryStore
from tests.influx import NAMED, Influxd, container, database, missing, named_server
from tests.influx_proxy import InfluxProxy

Opener: TypeAlias = Callable[[], HistoryStore]
NewHistory: TypeAlias = Callable[[], AbstractContextManager[str]]

MISSING = missing()


@pytest.fixture(scope="session")
def influx_container() -> Iterator[tuple[str, str, str]]:
    with container() as server:
        yield server


@contextmanager
def history_on(way: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty history on a server, removed afterwards."""
    if way == NAMED:
        with named_server() as url:
            yield url
    elif way == "influxdb1":
        proxy: InfluxProxy = request.getfixturevalue("influx_proxy")
        with database(f"influxdb://127.0.0.1:{proxy.port}", "", "") as url:
            yield url
    else:
        with database(*request.getfixturevalue("influx_container")) as url:
            yield url


@pytest.fixture
def proxy(influxd: Influxd) -> Iterator[InfluxProxy]:
    """A server of the test's own, to be given faults."""
    with InfluxProxy(influxd.port) as server:
        yield server


@pytest.fixture
def address(proxy: InfluxProxy) -> Iterator[Address]:
    with database(f"influxdb://127.0.0.1:{proxy.port}", "", "") as url:
        yield parse(url, "X")
        proxy.fault = None


@pytest.fixture
def any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests about certain dates: InfluxDB 3 is asked about the last 31 days, unless it has few files."""
    monkeypatch.setattr(Databases3, "stretches", Qualified.stretches)


@pytest.fixture(params=["sqlite", "influxdb1", *(way for way, lack in MISSING.items() if not lack)])
def new_history(request: pytest.FixtureRequest, tmp_path: Path) -> NewHistory:
    """Gives the address of another empty history each time: one param for each store that there is."""
    number = count()

    @contextmanager
    def new() -> Iterator[str]:
        if request.param == "sqlite":
            yield f"sqlite://{tmp_path / f'new{next(number)}' / 'history.db'}"
        else:
            with history_on(request.param, request) as url:
                yield url

    return new


@pytest.fixture
def history_url(new_history: NewHistory) -> Iterator[str]:
    """The address of an empty history."""
    with new_history() as url:
        yield url


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
