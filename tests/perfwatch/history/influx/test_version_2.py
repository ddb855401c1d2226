"""InfluxDB 2 as 2.7.12 was seen to answer: what is made, deleted, asked for, and not allowed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from perfwatch.errors import Elsewhere, StoreError
from perfwatch.history.influx.http import Forbidden
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import parse
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, closed, total
from perfwatch.history.store import Point
from tests.influx_proxy import InfluxProxy
from tests.influxdb_2_7_12 import ORG_ID, InfluxDB2712
from tests.servers import free_port

ALL = {"read", "write"}
SIZES = b"""# TYPE storage_shard_disk_size gauge
storage_shard_disk_size{bucket="0a",engine="tsm1",id="1",path="/a",walPath="/b"} 5
storage_shard_disk_size{bucket="000000000000000a",engine="tsm1",id="2",path="/a",walPath="/b"} 1000
storage_shard_disk_size{bucket="000000000000000a",engine="tsm1",id="3",path="/a",walPath="/b"} 2e+03
"""


def now() -> int:
    return time.time_ns() // 1_000_000


def reading(age: int = 0) -> Point:
    """One of this hour, or older: those of another are noted, for their rollups."""
    return Point("cpu", "nas", "", "", now() - age, {"user": 1.0})


@contextmanager
def opened(double: InfluxDB2712, org: str = "home") -> Iterator[tuple[InfluxStore, InfluxProxy]]:
    with InfluxProxy(free_port()) as proxy:
        proxy.fault = double
        query = f"?org={org}" if org else ""
        with InfluxStore(parse(f"influxdb://token@127.0.0.1:{proxy.port}/x{query}", "X")) as store:
            yield store, proxy


@pytest.mark.parametrize("virtual", [True, False])
def test_influxdb_2_gets_a_bucket_and_before_2_4_a_mapping(virtual: bool) -> None:
    double = InfluxDB2712(virtual=virtual)
    with opened(double) as (store, proxy):
        for _ in range(2):
            store.write([reading()])
        assert all(headers["Authorization"] == "Token token" for _, _, headers, _ in proxy.seen)
        assert proxy.seen[-1][1] == "/api/v2/write?org=home&bucket=x%2Fautogen&precision=ms"
    made = {"orgID": ORG_ID, "name": "x/autogen", "retentionRules": []}
    mapped = {
        "orgID": ORG_ID,
        "bucketID": double.buckets["x/autogen"]["id"],
        "database": "x",
        "retention_policy": "autogen",
        "default": False,
    }
    assert double.made == [("/api/v2/buckets", made)] + [("/api/v2/dbrps", mapped)] * (not virtual)


def test_rollups_get_long_shards() -> None:
    double = InfluxDB2712()
    with opened(double) as (store, _):
        store.set_policy(Policy())  # a note in 1h
    [(_, made)] = [one for one in double.made if one[0] == "/api/v2/buckets"]
    assert made["name"] == "x/1h"
    assert made["retentionRules"] == [
        {"type": "expire", "everySeconds": 0, "shardGroupDurationSeconds": 31_449_600}
    ]


def test_a_bucket_that_somebody_else_makes_meanwhile_is_used() -> None:
    double = InfluxDB2712()
    double.racing = True
    with opened(double) as (store, _):
        assert store.write([reading()]) == 1
    assert double.written == ["x/autogen"]


def test_influxdb_2_deletes_in_the_bucket_of_each_tier() -> None:
    double = InfluxDB2712()
    for tier in ("autogen", "1m", "1h"):
        double.add(f"x/{tier}")
    with opened(double) as (store, proxy):
        assert store.delete_before(HOUR) == 3 * 7
        asked = [path for _, path, _, _ in proxy.seen if path.startswith("/api/v2/delete")]
    assert asked == [f"/api/v2/delete?org=home&bucket=x%2F{tier}" for tier in ("autogen", "1m", "1h")]
    span = {"start": "1677-09-21T00:12:43.147Z", "stop": "1970-01-01T00:59:59.999Z"}
    assert double.made == [("/api/v2/delete", span)] * 3


def test_the_first_cleanup_deletes_where_no_rollup_was_made_yet() -> None:
    double = InfluxDB2712()
    double.add("x/autogen")
    with opened(double) as (store, proxy):
        assert store.delete_before(HOUR) == 7
        assert sum(path.startswith("/api/v2/delete") for _, path, _, _ in proxy.seen) == 3


@pytest.mark.parametrize(("page", "size"), [(SIZES, 3000), (SIZES.replace(b"000000000000000a", b"0c"), None)])
def test_the_size_is_told_once_it_is_known(page: bytes, size: int | None) -> None:
    double = InfluxDB2712()
    double.sizes = page
    with opened(double) as (store, _):
        store.write([reading()])
        assert store.span().bytes == size


def test_an_organisation_is_asked_for() -> None:
    with (
        opened(InfluxDB2712(), org="") as (store, _),
        pytest.raises(StoreError, match="name it in PERFWATCH_INFLUX_ORG"),
    ):
        store.write([reading()])


def test_an_organisation_that_is_not_there_is_named() -> None:
    told = 'has no such organisation: name it in PERFWATCH_INFLUX_ORG .organization name "hme" not found'
    with opened(InfluxDB2712({}), org="hme") as (store, _), pytest.raises(StoreError, match=told):
        store.write([reading()])


def test_a_token_of_another_organisation_is_refused() -> None:
    """It would write into the one that is named, and read from its own."""
    double = InfluxDB2712(own="work")
    with opened(double) as (store, _):
        for ask in (store.policy, store.series, lambda: store.write([reading()])):
            with pytest.raises(
                StoreError, match=r"token .* is of the organisation 'work', but .*names 'home'"
            ):
                ask()
    assert double.written == []


def test_a_limited_token_of_another_organisation_is_refused_by_the_buckets_that_it_sees() -> None:
    """It may not see itself."""
    with (
        opened(InfluxDB2712({"x/autogen": ALL}, own="work")) as (store, _),
        pytest.raises(Elsewhere, match=r"of another organisation, but PERFWATCH_INFLUX_ORG names 'home'"),
    ):
        store.check()


@pytest.mark.parametrize(("there", "sees_org"), [(True, False), (False, False), (False, True)])
def test_a_late_reading_is_kept_by_a_token_for_raw_readings_only(there: bool, sees_org: bool) -> None:
    """The others cannot be seen, whether they are there or not."""
    others: dict[str, set[str]] = {"x/1m": set(), "x/1h": set()} if there else {}
    double = InfluxDB2712({"x/autogen": ALL} | others, sees_org=sees_org)
    with opened(double) as (store, _):
        assert store.write([reading(age=2 * HOUR), reading()]) == 2
        told = (
            r"may not do that.*\(x/1.: insufficient"
            if there
            else "bucket x/1h is not there, and the token may not make it"
        )
        with pytest.raises(Forbidden, match=told):
            total(store.roll_up(closed(now())))
    assert double.written == ["x/autogen"]


def test_a_token_that_may_only_write_is_enough_for_readings() -> None:
    double = InfluxDB2712({"x/autogen": {"write"}})
    with opened(double) as (store, _):
        assert store.write([reading()]) == 1


@pytest.mark.parametrize("org", ["home", ""])
def test_a_token_that_may_read_nothing_is_told_so(org: str) -> None:
    """Its history is not empty."""
    with opened(InfluxDB2712({"x/autogen": set(), "x/1h": set()}), org) as (store, _):
        for ask in (store.policy, store.series, store.span):
            with pytest.raises(Forbidden, match="the token may not read the bucket x/autogen"):
                ask()


@pytest.mark.parametrize("org", ["home", ""])
def test_a_history_that_nobody_has_written_yet_is_empty(org: str) -> None:
    with opened(InfluxDB2712(), org) as (store, _):
        assert (store.policy().enabled, store.series(), store.span().newest) == (True, [], None)


def test_a_bucket_that_may_not_be_made_is_named_with_the_command() -> None:
    told = r"make it yourself with `influx bucket create --name x/autogen --org home`"
    with opened(InfluxDB2712({})) as (store, _), pytest.raises(Forbidden, match=told):
        store.write([reading()])
    told = r"`influx bucket create --name x/1h --org home --shard-group-duration 364d`"
    with opened(InfluxDB2712({})) as (store, _), pytest.raises(Forbidden, match=told):
        store.set_policy(Policy())
