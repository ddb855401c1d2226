"""What only the InfluxDB store does: what it makes, what it asks, whose points it leaves alone."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from perfwatch.errors import PartialWrite, Unsupported
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address, parse
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, total
from perfwatch.history.store import Point, Series, Work
from tests.influx import Influxd
from tests.influx_proxy import InfluxProxy
from tests.perfwatch.history.influx.conftest import NOON, USER, point


def now() -> int:
    """A time of this hour: readings of another are noted, for their rollups."""
    return time.time_ns() // 1_000_000


def paths(proxy: InfluxProxy) -> list[str]:
    return [path.partition("?")[0] for _, path, _, _ in proxy.seen]


def test_nothing_is_sent_before_it_is_used(store: InfluxStore, proxy: InfluxProxy) -> None:
    assert proxy.seen == []


def test_reads_make_nothing(store: InfluxStore, address: Address, influxd: Influxd) -> None:
    assert store.series() == []
    assert address.database not in str(influxd.ask("SHOW DATABASES"))


def test_a_database_that_is_removed_meanwhile_is_made_again(
    store: InfluxStore, address: Address, influxd: Influxd
) -> None:
    store.write([point(1)])
    influxd.ask(f'DROP DATABASE "{address.database}"')
    assert store.write([point(2)]) == 1
    assert [bucket.time for bucket in store.query([USER], 0, 10, 1)[USER]] == [2]


def test_rollups_get_long_shards(store: InfluxStore, address: Address, influxd: Influxd) -> None:
    store.write([point(NOON)])
    total(store.roll_up(NOON + HOUR))
    answer = influxd.ask(f'SHOW RETENTION POLICIES ON "{address.database}"')
    [shown] = answer["results"][0]["series"]
    shards = {row[0]: row[shown["columns"].index("shardGroupDuration")] for row in shown["values"]}
    assert shards == {"autogen": "168h0m0s", "1m": "672h0m0s", "1h": "8736h0m0s"}


def test_a_database_without_the_policy_gets_it(
    store: InfluxStore, address: Address, influxd: Influxd
) -> None:
    influxd.ask(f'CREATE DATABASE "{address.database}" WITH NAME "other"')
    assert store.write([point(1)]) == 1
    assert store.series() == [USER]


def test_what_is_there_is_asked_for_once(store: InfluxStore, proxy: InfluxProxy) -> None:
    for _ in range(3):
        store.write([point(now())])
    assert paths(proxy).count("/api/v2/write") == 3
    assert paths(proxy).count("/query") == 3  # what there is, making it, and what there is then


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(names=st.sets(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), max_size=20))
def test_any_name_comes_back_from_the_server(
    store: InfluxStore, names: set[str], request: pytest.FixtureRequest
) -> None:
    host = str(len(store.series()))
    store.write([Point(name, host, "interface", name, 0, {name: 1.0}) for name in names])
    assert store.series(host=host) == sorted(Series(name, host, "interface", name, name) for name in names)


@pytest.mark.parametrize(("limit", "readings"), [(0, 20_001), (7, 20)])
def test_more_rows_than_a_server_gives_at_once_are_all_read(
    tmp_path: Path, limit: int, readings: int
) -> None:
    """1.x calls a table of more than 10,000 rows partial, and cuts off at a limit of its configuration."""
    with (
        Influxd(tmp_path, f"max-row-limit = {limit}") as server,
        InfluxProxy(server.port) as proxy,
        InfluxStore(parse(f"influxdb://127.0.0.1:{proxy.port}/x", "X")) as store,
    ):
        for host in ("nas", "pi"):
            store.write([point(NOON + 1000 * n, n, host) for n in range(readings)])
        series = [USER, USER._replace(host="pi")]
        found = store.query(series, NOON, NOON + 1000 * readings, 1000)
    for one in series:
        assert [bucket.mean for bucket in found[one]] == list(range(readings))


def test_what_leaves_the_machine_is_packed(
    store: InfluxStore, proxy: InfluxProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    store.write([point(moment)])
    monkeypatch.setattr(Address, "local", False)
    store.write([point(moment + 1)])
    plain, packed = (request for request in proxy.seen if request[1].startswith("/api/v2/write"))
    assert plain[3] == f"cpu,host=nas user=1.0 {moment}".encode()
    assert packed[2]["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed[3]) == f"cpu,host=nas user=1.0 {moment + 1}".encode()
    assert len(store.query([USER], moment, moment + 10, 1)[USER]) == 2


def test_other_programs_points_are_left_out(store: InfluxStore, address: Address, influxd: Influxd) -> None:
    store.write([point()])
    lines = 'cpu,host=nas,rack=1,row=2 user=1 5\nweather degrees=3 5\ncpu,host=nas note="text",on=true 5'
    lines += "\ncpu,host=nas user=1i -9000000000000"  # in another week an integer
    url = f"http://127.0.0.1:{influxd.port}/write?db={address.database}&precision=ms"
    httpx.post(url, content=lines).raise_for_status()
    assert store.series() == [USER]
    assert [bucket.time for bucket in store.query([USER], 0, 10, 1)[USER]] == [0]


def test_many_parts_are_found_in_one_query(store: InfluxStore, proxy: InfluxProxy) -> None:
    cores = [Series("cpu", "nas", "core", str(number), "usage_percent") for number in range(100)]
    store.write([Point(*core[:4], 0, {core.field: float(core.part)}) for core in cores])
    for asked in (cores[:16], cores):
        before = len(proxy.seen)
        found = store.query(asked, 0, 10, 10)
        assert len(proxy.seen) == before + 2  # how far the rollups reach, and all parts
        assert {core.part: [b.mean for b in found[core]] for core in asked} == {
            core.part: [float(core.part)] for core in asked
        }


def test_a_database_with_policies_of_others_is_not_deleted_in(
    store: InfluxStore, address: Address, influxd: Influxd
) -> None:
    """DELETE of InfluxDB 1.x would reach those too."""
    store.write([point(0)])
    influxd.ask(f'CREATE RETENTION POLICY "theirs" ON "{address.database}" DURATION INF REPLICATION 1')
    told = r"retention policies of others \(theirs\).*a database of its own"
    with pytest.raises(Unsupported, match=told):
        store.delete_before(1)
    with pytest.raises(Unsupported, match=told):
        store.set_policy(Policy())
    assert store.policy() == Policy(enabled=False)
    assert total(store.roll_up(HOUR)) == Work(rolled_up=1)
    assert [bucket.time for bucket in store.query([USER], 0, HOUR, 1)[USER]] == [0]


def test_a_history_in_sqlite_never_loads_the_client(tmp_path: Path) -> None:
    program = (
        "import sys; from perfwatch.history.open import open_store;"
        f"open_store('sqlite://{tmp_path}/x.db').series();"
        "sys.exit('influxdb_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_lines_that_are_all_too_old_for_the_server_take_one_more_request(
    store: InfluxStore, address: Address, influxd: Influxd, proxy: InfluxProxy
) -> None:
    store.write([point(now())])
    influxd.ask(f'ALTER RETENTION POLICY "autogen" ON "{address.database}" DURATION 1h SHARD DURATION 1h')
    proxy.seen.clear()
    with pytest.raises(PartialWrite, match=r"cpu of nas at 1: .*retention policy.*and 99 more points"):
        store.write([point(time) for time in range(1, 101)])
    assert paths(proxy).count("/api/v2/write") == 3  # their hour is noted as a late one


def test_a_server_is_found_where_a_reverse_proxy_has_it(address: Address, proxy: InfluxProxy) -> None:
    proxy.double = Beneath("/influx")
    with InfluxStore(replace(address, prefix="/influx")) as store:
        store.write([point(1)])
        assert store.series() == [USER]
    assert all(path.startswith("/influx/") for path in paths(proxy))


class Beneath:
    """A reverse proxy, which takes off its prefix."""

    version = "1.6.7"

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def refusal(self, method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        return None

    def mapped(self, path: str) -> str:
        return path.removeprefix(self._prefix)

    def told(self, path: str, content: bytes) -> bytes | None:
        return content
