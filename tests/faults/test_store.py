"""The history on a server that fails in every way, and each reading is in it exactly once all the same."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from perfwatch.history.influx.url import parse
from tests.bridge.publisher import START_MS, payload, publisher
from tests.faults.conftest import Report
from tests.faults.field import Field, heard, on_influxdb
from tests.influx import NAMED, Influxd, Named, named, ways
from tests.influx_proxy import PASS, Fault, InfluxProxy
from tests.servers import wait_until

WRITE = "/api/v2/write"

# The number of a reading that no collector of these comes to.
ODD = 80_000


@pytest.fixture(scope="module", params=ways())
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Influxd | Named]:
    if request.param == NAMED and (there := named()):
        yield there
        return
    with Influxd(tmp_path_factory.mktemp("influxd")) as ours:
        yield ours


@pytest.fixture
def one(tmp_path: Path, server: Influxd | Named) -> Iterator[Field]:
    with on_influxdb(server, tmp_path) as made:
        yield made


@pytest.fixture
def proxy(one: Field) -> InfluxProxy:
    assert one.proxy is not None
    return one.proxy


def not_ours_to_kill(way: str) -> None:
    if way == NAMED:
        pytest.skip("the server that PERFWATCH_TEST_INFLUX_URL names is not ours to kill")


def failing(one: Field, proxy: InfluxProxy, fault: Callable[[str, bytes], Fault]) -> None:
    """Let the store fail until readings wait on disk, and a while longer."""
    one.start()
    one.flow(100)
    proxy.fault = fault
    one.bridge.wait_for("readings wait in")
    one.flow()
    proxy.fault = None


@pytest.mark.parametrize("status", [500, 503])
def test_the_store_answers_with_an_error(one: Field, proxy: InfluxProxy, report: Report, status: int) -> None:
    failing(one, proxy, lambda _path, _body: (status, b'{"error":"of this test"}', {}))
    report(f"store answers {status}", one.settle())


def test_the_store_asks_for_a_pause(one: Field, proxy: InfluxProxy, report: Report) -> None:
    rounds: list[float] = []

    def busy_twice(path: str, _body: bytes) -> Fault:
        if "/write" not in path or "autogen" not in path:
            return PASS
        now = time.monotonic()
        # Two are under way at once, of which one may be later than the answer to the other.
        if not rounds or now - rounds[-1] >= 1:
            rounds.append(now)
        return PASS if len(rounds) > 2 else (429, b"", {"Retry-After": "3"})

    one.start()
    one.flow(100)
    proxy.fault = busy_twice
    one.bridge.wait_for("readings wait in")
    one.flow()
    report("store answers 429 twice, Retry-After: 3", one.settle())
    first, second, third = rounds[:3]
    assert (second - first >= 3, third - second >= 3) == (True, True)


def test_the_store_hangs(one: Field, proxy: InfluxProxy, report: Report) -> None:
    """The bridge goes on taking readings while the store says nothing; killed then, it has them all."""
    over = threading.Event()

    def hang(_path: str, _body: bytes) -> Fault:
        over.wait(60)
        return None

    try:
        failing(one, proxy, hang)
        one.bridge.end(signal.SIGKILL)
    finally:
        over.set()
    one.bridge.start()
    report("store takes requests and never answers", one.settle())


@pytest.mark.parametrize("where", ["request", "answer"])
def test_the_store_resets_connections(one: Field, proxy: InfluxProxy, report: Report, where: str) -> None:
    one.start()
    one.flow(100)
    proxy.cut = "request" if where == "request" else "answer"
    one.bridge.wait_for("readings wait in")
    one.flow()
    proxy.cut = ""
    report(f"store resets in the middle of the {where}", one.settle())


def test_the_store_refuses_one_point_of_a_batch(one: Field, report: Report) -> None:
    """A text in `idle` makes InfluxDB refuse any number there, and with it that point alone."""
    one.start()
    one.flow(100)
    place = parse(one.bridge.history, "X")
    line = f'cpu,host=other idle="a text" {START_MS + ODD * 1000}'
    given = {"bucket": f"{place.database}/autogen", "org": place.org, "precision": "ms"}
    headers = {"Authorization": f"Token {place.token}"} if place.token else {}
    url = f"{place.url}{WRITE}"
    httpx.post(url, params=given, content=line, headers=headers).raise_for_status()
    with heard(one.broker, "perfwatch-bridge/test/rejected") as told, publisher(one.broker) as other:
        other.publish("perfwatch/pi/cpu", payload(ODD, idle=1))
        one.flow()
        wait_until(lambda: bool(told), "the point is named")
        seen = one.settle()
    report("store refuses one point of a batch (not among these)", seen)
    assert seen.stored == seen.taken
    (named,) = told
    assert f"cpu of pi at {START_MS + ODD * 1000}" in named.decode()


@pytest.mark.parametrize("way", ways())
def test_the_store_is_killed(tmp_path: Path, report: Report, way: str) -> None:
    not_ours_to_kill(way)
    with Influxd(tmp_path) as server, on_influxdb(server, tmp_path) as one:
        one.start()
        for times in range(1, 4):
            one.flow(200)
            server.kill()
            one.bridge.wait_for("readings wait in", times)
            one.flow(100)
            server.start()
            one.bridge.wait_for("the history can be written again", times)
        report("SIGKILL of the store (InfluxDB), three times", one.settle())


@pytest.mark.parametrize("way", ways())
def test_the_store_is_away_at_the_start(tmp_path: Path, report: Report, way: str) -> None:
    not_ours_to_kill(way)
    server = Influxd(tmp_path)
    with on_influxdb(server, tmp_path) as one:
        one.start()
        one.bridge.wait_for("readings wait in")
        one.flow()
        with server:
            report("store away at the start", one.settle())
