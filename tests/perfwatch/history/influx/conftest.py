"""An empty history on InfluxDB, and points for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address
from perfwatch.history.store import Point, Series

USER = Series("cpu", "nas", "", "", "user")
NOON = 1_795_435_200_000


def point(time: int = 0, value: float = 1.0, host: str = "nas", metric: str = "cpu") -> Point:
    return Point(metric, host, "", "", time, {"user": value})


@pytest.fixture
def store(address: Address) -> Iterator[InfluxStore]:
    with InfluxStore(address) as opened:
        yield opened
