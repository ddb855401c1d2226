"""What the InfluxDB store says, keeps and drops when the server refuses or does not answer as it should."""

from __future__ import annotations

import socket

import httpx
import pytest

from perfwatch.errors import PartialWrite, StoreError
from perfwatch.history.influx.http import Server
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address, parse
from perfwatch.history.store import Layout, Numbers, Part, Point
from tests.influx import Influxd
from tests.influx_proxy import PASS, Fault, InfluxProxy
from tests.perfwatch.history.influx.conftest import USER, point
from tests.servers import free_port


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


@pytest.mark.parametrize(("told", "pause"), [("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("", 0.0)])
def test_how_long_the_server_wants_to_be_left_alone_is_passed_on(
    store: InfluxStore, proxy: InfluxProxy, told: str, pause: float
) -> None:
    proxy.fault = lambda _path, _body: (429, b"", {"Retry-After": told})
    with pytest.raises(StoreError, match="it asks for a pause") as raised:
        store.write([point()])
    assert raised.value.pause == pause
