"""What only the InfluxDB store does: what it makes, what it says when it cannot, what it drops."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from perfwatch.errors import PartialWrite, SettingError, StoreError, Unsupported
from perfwatch.history.influx.http import Server
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address, parse
from perfwatch.history.open import open_store
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, total
from perfwatch.history.store import Layout, Numbers, Part, Point, Series, Work
from perfwatch.readings.codec import from_ms, to_ms
from tests.certificates import self_signed
from tests.influx import Influxd
from tests.influx_proxy import PASS, Fault, InfluxProxy
from tests.servers import free_port

USER = Series("cpu", "nas", "", "", "user")
NOON = 1_795_435_200_000


Opened = Callable[..., InfluxStore]


def point(time: int = 0, value: float = 1.0, host: str = "nas", metric: str = "cpu") -> Point:
    return Point(metric, host, "", "", time, {"user": value})


def now() -> int:
    """A time of this hour: readings of another are noted, for their rollups."""
    return time.time_ns() // 1_000_000


@pytest.fixture
def store(address: Address) -> Iterator[InfluxStore]:
    with InfluxStore(address) as opened:
        yield opened


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


def test_every_line_that_is_refused_is_named_and_all_others_are_kept(store: InfluxStore) -> None:
    bad = [Point("cpu", "nas", "", "", time, {"user": float("nan")}) for time in (7, 60)]
    good = [point(time) for time in range(100, 200)]
    with pytest.raises(
        PartialWrite, match=r"refused cpu of nas at 7: .*invalid number.*and 1 more points"
    ) as caught:
        store.write([*good[:50], bad[0], *good[50:], bad[1]])
    assert [sentence.partition(":")[0] for sentence in caught.value.refused] == [
        f"cpu of nas at {one.time}" for one in bad
    ]
    assert len(store.query([USER], 0, 1000, 1)[USER]) == 100


def test_of_a_reading_only_the_line_that_is_refused_is_left_out(store: InfluxStore) -> None:
    layout = Layout("cpu", "nas", (Part("", "", ("user",)), Part("core", "0", ("user",))))
    readings = [Numbers(layout, time, [1.0, 2.0]) for time in range(5)]
    store.write(readings)
    with pytest.raises(PartialWrite) as caught:
        store.write([*readings, Numbers(layout, 5, [1.0, float("nan")])])
    assert [sentence.partition(":")[0] for sentence in caught.value.refused] == ["cpu of nas core '0' at 5"]
    found = store.query([USER, USER._replace(tag="core", part="0")], 0, 10, 1)
    assert [len(buckets) for buckets in found.values()] == [6, 5]


def test_a_field_that_another_program_made_a_text_is_named(
    store: InfluxStore, address: Address, influxd: Influxd
) -> None:
    store.write([point(0, metric="memory")])
    httpx.post(
        f"http://127.0.0.1:{influxd.port}/write?db={address.database}",
        content='cpu,host=x user="text" 1',
    ).raise_for_status()
    with pytest.raises(PartialWrite, match="field type conflict"):
        store.write([point(1), point(2, metric="memory")])
    assert store.series() == [USER._replace(metric="memory")]


def test_a_bad_request_that_blames_no_line_drops_nothing(store: InfluxStore, proxy: InfluxProxy) -> None:
    store.write([point()])
    proxy.fault = lambda path, body: (400, b'{"error":"unknown header"}', {})
    with pytest.raises(StoreError, match=r"400 .unknown header") as caught:
        store.write([point(1), point(2)])
    assert not isinstance(caught.value, PartialWrite)


def test_a_body_that_is_too_large_is_sent_in_parts(store: InfluxStore, proxy: InfluxProxy) -> None:
    store.write([point()])

    def at_most_ten(path: str, body: bytes) -> Fault:
        return (413, b'{"error":"Request Entity Too Large"}', {}) if body.count(b"\n") >= 10 else PASS

    proxy.fault = at_most_ten
    assert store.write([point(time) for time in range(1, 100)]) == 99
    assert len(store.query([USER], 0, 1000, 1)[USER]) == 100


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b'{"code":"unauthorized","message":"unauthorized access"}', "set PERFWATCH_INFLUX_TOKEN"),
        (403, b'{"message":"insufficient permissions"}', "rights that it needs"),
        (429, b"slow down", "asks for a pause"),
        (500, b'{"error":"engine: disk full"}', "it answered 500 .engine: disk full"),
        (503, b"", "overloaded"),
    ],
)
def test_a_refusal_says_which_server_and_what_to_do(
    store: InfluxStore, proxy: InfluxProxy, status: int, body: bytes, told: str
) -> None:
    store.write([point()])
    proxy.fault = lambda path, sent: (status, body, {})
    with pytest.raises(StoreError, match=f"InfluxDB at http://127.0.0.1:{proxy.port} refused: .*{told}"):
        store.write([point(1)])
    with pytest.raises(StoreError, match=told):
        store.series()
    proxy.fault = None
    assert store.write([point(1)]) == 1


def test_a_server_that_is_away_or_hangs_up_is_named_and_works_again(
    store: InfluxStore, proxy: InfluxProxy
) -> None:
    store.write([point()])
    proxy.fault = lambda path, body: None
    with pytest.raises(StoreError, match=rf"127\.0\.0\.1:{proxy.port} cannot be reached: check that it runs"):
        store.write([point(1)])
    proxy.fault = None
    assert store.write([point(1)]) == 1
    with (
        InfluxStore(parse(f"influxdb://127.0.0.1:{free_port()}", "X")) as nowhere,
        pytest.raises(StoreError, match=r"cannot be reached.*refused"),
    ):
        nowhere.write([point()])


def test_a_server_that_hangs_is_given_up(address: Address, influxd: Influxd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"influxdb://127.0.0.1:{silent.getsockname()[1]}"
        server = Server(parse(url, "X"), timeout=0.2)
        with pytest.raises(StoreError, match=r"cannot be reached.*timed out"):
            server.version()
        server.close()


def test_a_server_that_is_no_influxdb_is_named(store: InfluxStore, proxy: InfluxProxy) -> None:
    proxy.fault = lambda path, body: (200, b"<html>It works!", {})
    with pytest.raises(StoreError, match="does not answer as InfluxDB does: check the address"):
        store.series()


def test_an_answer_that_was_cut_off_is_not_taken_for_the_whole(
    store: InfluxStore, proxy: InfluxProxy
) -> None:
    cut = b'{"results":[{"statement_id":0,"series":[{"name":"cpu","columns":["time"],"partial":true}]}]}'
    proxy.fault = lambda path, body: (200, cut, {})
    with pytest.raises(StoreError, match="raise max-row-limit"):
        store.series()


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


def test_a_user_without_an_administrators_rights_is_enough(tmp_path: Path) -> None:
    with Influxd(tmp_path, "auth-enabled = true") as server, InfluxProxy(server.port) as proxy:
        server.ask("CREATE USER \"root\" WITH PASSWORD 'x' WITH ALL PRIVILEGES")
        for statement in ("CREATE DATABASE x", "CREATE USER me WITH PASSWORD 'y'", "GRANT ALL ON x TO me"):
            server.ask(statement, u="root", p="x")
        with InfluxStore(parse(f"influxdb://me:y@127.0.0.1:{proxy.port}/x", "X")) as store:
            store.write([point(0), point(10)])
            assert store.delete_before(5) == 1
            assert store.span().bytes is None
            assert to_ms(store.span().oldest or from_ms(0)) == 10


def test_a_user_and_password_let_in(tmp_path: Path) -> None:
    with Influxd(tmp_path, "auth-enabled = true") as server, InfluxProxy(server.port) as proxy:
        server.ask("CREATE USER \"me\" WITH PASSWORD 'hunter2' WITH ALL PRIVILEGES")
        url = f"influxdb://me:hunter2@127.0.0.1:{proxy.port}/x"
        with InfluxStore(parse(url, "X")) as store:
            store.write([point()])
            assert store.series() == [USER]
        with (
            InfluxStore(parse(url.replace("hunter2", "wrong"), "X")) as store,
            pytest.raises(StoreError, match="does not accept the token") as caught,
        ):
            store.write([point()])
        assert "wrong" not in str(caught.value)


def test_tls_trusts_the_given_ca_file_and_nobody_else(tmp_path: Path) -> None:
    made = self_signed(tmp_path, "DNS:localhost,IP:127.0.0.1", "server.pem", "server.key")
    http = f'https-enabled = true\nhttps-certificate = "{made}"\nhttps-private-key = "{tmp_path}/server.key"'
    with Influxd(tmp_path, http) as server:
        url = f"influxdbs://127.0.0.1:{server.port}/x"
        with InfluxStore(parse(f"{url}?ca_file={made}", "X")) as store:
            assert store.series() == []
        with (
            InfluxStore(parse(url, "X")) as store,
            pytest.raises(StoreError, match=r"cannot be trusted: .*PERFWATCH_INFLUX_CA_FILE"),
        ):
            store.series()


def test_a_ca_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingError, match="PERFWATCH_INFLUX_CA_FILE is '/none', but must name a file"):
        open_store("influxdbs://db/x?ca_file=/none")


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

    version = "1.8.10"

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def refusal(self, method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        return None

    def mapped(self, path: str) -> str:
        return path.removeprefix(self._prefix)

    def told(self, path: str, content: bytes) -> bytes | None:
        return content


@pytest.mark.parametrize(("told", "pause"), [("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("", 0.0)])
def test_how_long_the_server_wants_to_be_left_alone_is_passed_on(
    store: InfluxStore, proxy: InfluxProxy, told: str, pause: float
) -> None:
    proxy.fault = lambda _path, _body: (429, b"", {"Retry-After": told})
    with pytest.raises(StoreError, match="it asks for a pause") as raised:
        store.write([point()])
    assert raised.value.pause == pause
