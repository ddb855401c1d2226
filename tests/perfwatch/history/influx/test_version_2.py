"""InfluxDB 2, as its reference has its API: what is made, deleted and asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from perfwatch.errors import StoreError
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import parse
from perfwatch.history.rollup import HOUR
from perfwatch.history.store import Point
from tests.influx_proxy import Fault, InfluxProxy
from tests.servers import free_port


def reading() -> Point:
    """One of this hour: those of another are noted, for their rollups."""
    return Point("cpu", "nas", "", "", time.time_ns() // 1_000_000, {"user": 1.0})


@contextmanager
def scripted(answers: Callable[[str, bytes], Fault]) -> Iterator[InfluxProxy]:
    """A server that gives recorded answers."""
    with InfluxProxy(free_port()) as server:
        server.fault = answers
        yield server


SIZES = b"""# TYPE storage_shard_disk_size gauge
storage_shard_disk_size{bucket="0a",engine="tsm1",id="1",path="/a",walPath="/b"} 5
storage_shard_disk_size{bucket="0b",engine="tsm1",id="2",path="/a",walPath="/b"} 1000
storage_shard_disk_size{bucket="0b",engine="tsm1",id="3",path="/a",walPath="/b"} 2e+03
"""


class Recorded2:
    """The answers of InfluxDB 2's API, in the form of its reference; remembers what was made."""

    def __init__(self, virtual: bool) -> None:
        self.virtual = virtual
        self.made: list[tuple[str, Any]] = []
        self.buckets: list[dict[str, str]] = []

    def __call__(self, path: str, body: bytes) -> Fault:
        place = path.partition("?")[0]
        if place == "/ping":
            return 204, b"", {"X-Influxdb-Version": "v2.7.1"}
        if place == "/api/v2/orgs":
            return self._answer({"orgs": [{"id": "0a", "name": "home"}]})
        if place == "/query":
            gone = "/api/v2/delete" in dict(self.made) or b"perfwatch%2F" in body
            rows = {"name": "cpu", "columns": ["time", "count_user"], "values": [[0, 7]]}
            return self._answer({"results": [{"statement_id": 0, "series": [] if gone else [rows]}]})
        if place == "/metrics":
            return 200, SIZES, {}
        if body and place != "/api/v2/write":
            self.made.append((place, msgspec.json.decode(body)))
        if place == "/api/v2/buckets" and body:
            self.buckets.append({"id": "0b", "orgID": "0a", "name": "x/autogen"})
            return self._answer(self.buckets[0], 201)
        if place == "/api/v2/buckets":
            return self._answer({"buckets": self.buckets})
        if place == "/api/v2/dbrps" and not body:
            return self._answer({"content": [{"virtual": True}] if self.virtual else []})
        return 204, b"", {}

    def _answer(self, content: Any, status: int = 200) -> Fault:
        return status, msgspec.json.encode(content), {}


@pytest.mark.parametrize("virtual", [True, False])
def test_influxdb_2_gets_a_bucket_and_before_2_4_a_mapping(virtual: bool) -> None:
    recorded = Recorded2(virtual)
    with scripted(recorded) as proxy:
        with InfluxStore(parse(f"influxdb://token@127.0.0.1:{proxy.port}/x?org=home", "X")) as store:
            for _ in range(2):
                store.write([reading()])
        assert all(headers["Authorization"] == "Token token" for _, _, headers, _ in proxy.seen)
        assert proxy.seen[-1][1] == "/api/v2/write?org=home&bucket=x%2Fautogen&precision=ms"
    made = {"orgID": "0a", "name": "x/autogen", "retentionRules": []}
    mapped = {
        "orgID": "0a",
        "bucketID": "0b",
        "database": "x",
        "retention_policy": "autogen",
        "default": False,
    }
    assert recorded.made == [("/api/v2/buckets", made)] + [("/api/v2/dbrps", mapped)] * (not virtual)


def test_influxdb_2_deletes_in_the_bucket_of_each_tier() -> None:
    recorded = Recorded2(virtual=True)
    with (
        scripted(recorded) as proxy,
        InfluxStore(parse(f"influxdb://token@127.0.0.1:{proxy.port}/x?org=home", "X")) as store,
    ):
        assert store.delete_before(HOUR) == 3 * 7
        asked = [path for _, path, _, _ in proxy.seen if path.startswith("/api/v2/delete")]
    assert asked == [f"/api/v2/delete?org=home&bucket=x%2F{tier}" for tier in ("autogen", "1m", "1h")]
    span = {"start": "1677-09-21T00:12:43.147Z", "stop": "1970-01-01T00:59:59.999Z"}
    assert recorded.made == [("/api/v2/delete", span)] * 3


def test_influxdb_2_tells_the_size_of_all_tiers() -> None:
    recorded = Recorded2(virtual=True)
    with (
        scripted(recorded) as proxy,
        InfluxStore(parse(f"influxdb://token@127.0.0.1:{proxy.port}/x?org=home", "X")) as store,
    ):
        store.write([reading()])
        assert store.span().bytes == 3 * 3000  # what it recorded is one bucket by any name


def test_an_organisation_is_asked_for(proxy: InfluxProxy) -> None:
    with (
        scripted(Recorded2(virtual=True)) as server,
        InfluxStore(parse(f"influxdb://token@127.0.0.1:{server.port}/x", "X")) as store,
        pytest.raises(StoreError, match="name it in PERFWATCH_INFLUX_ORG"),
    ):
        store.write([reading()])
