"""Where the bridge of a benchmark writes to: nowhere, or a server that is installed or named.

PERFWATCH_TEST_INFLUX_URL names one, with _TOKEN and _ORG.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

from benchmarks.feed import decoded, messages
from benchmarks.publish import BEGIN
from bridge.batch import MESSAGES
from perfwatch.history.influx.http import Server
from perfwatch.history.influx.line_protocol import Encoder
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address, parse
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Numbers, Point, count
from tests.influx import INFLUXD, TIERS, VICTORIA, Influxd, Victoria, named, named_server

_SETTING = "PERFWATCH_TEST_INFLUX_URL"


class Free(SqliteStore):
    """A store that costs nothing: it counts. It is never opened."""

    def write(self, points: Iterable[Point | Numbers]) -> int:
        return count(points)


@dataclass
class Destination:
    """A store on a server, and what sends a body of lines to the same server with nothing around it."""

    store: InfluxStore
    bare: Callable[[bytes], None]


@dataclass
class Installed(Destination):
    """One whose server runs for us alone."""

    server: Influxd | Victoria


class _Old(Server):
    """InfluxDB 1.6, which takes the same lines under another path than later ones."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._posts = {
            f"{address.database}/{policy}": poster(
                f"{address.url}/write?precision=ms&rp={policy}&db={address.database}"
            )
            for policy in TIERS
        }

    def write(self, bucket: str, body: bytes, path: str, query: Mapping[str, str]) -> None:
        self._posts[bucket](body)


def poster(url: str, token: str = "") -> Callable[[bytes], None]:
    given = {"Authorization": f"Token {token}"} if token else {}
    pool = urllib3.PoolManager(maxsize=InfluxStore.writes_at_once, headers=given)

    def post(body: bytes) -> None:
        answer = pool.request("POST", url, body=body)
        if answer.status != 204:
            raise SystemExit(f"{url} answered {answer.status}: {answer.data!r}")

    return post


def servers(folder: Path) -> dict[str, AbstractContextManager[Destination]]:
    """By name, not started yet: those that are installed, and the one that is named."""
    found: dict[str, AbstractContextManager[Destination]] = {**installed(folder)}
    if server := named():
        address = parse(server.upstream, _SETTING)
        found[f"InfluxDB {Server(address).version().lstrip('v')}"] = _named()
    return found


def installed(folder: Path) -> dict[str, AbstractContextManager[Installed]]:
    """By name, not started yet; none for a server that is not installed."""
    found: dict[str, AbstractContextManager[Installed]] = {}
    if INFLUXD is not None:
        found["InfluxDB 1.6"] = _influxdb(folder)
    if VICTORIA is not None:
        found["VictoriaMetrics"] = _victoria(folder)
    return found


@contextmanager
def _influxdb(folder: Path) -> Iterator[Installed]:
    (home := folder / "influxdb").mkdir()
    with Influxd(home) as server, InfluxStore(_address(server.port)) as store:
        store._database._server = _Old(_address(server.port))
        server.ask('CREATE DATABASE "bare"')
        bare = poster(f"http://127.0.0.1:{server.port}/write?precision=ms&db=bare")
        yield Installed(store, bare, server)


@contextmanager
def _victoria(folder: Path) -> Iterator[Installed]:
    (home := folder / "victoria").mkdir()
    with Victoria(home) as server, InfluxStore(_address(server.port)) as store:
        bare = poster(f"http://127.0.0.1:{server.port}/write?precision=ms&db=bare")
        yield Installed(store, bare, server)


def named_store() -> AbstractContextManager[tuple[InfluxStore, Address]] | None:
    """A history of its own on the named server, if there is one."""
    return _named_store() if named() else None


@contextmanager
def _named_store() -> Iterator[tuple[InfluxStore, Address]]:
    with named_server() as url:
        address = parse(url, _SETTING)
        with InfluxStore(address) as store:
            yield store, address


@contextmanager
def _named() -> Iterator[Destination]:
    with _named_store() as (store, _), named_server() as other:
        to = parse(other, _SETTING)
        with InfluxStore(to) as maker:
            maker.write([Point("made", "bench", "", "", BEGIN, {"x": 1.0})])
        path = f"/api/v2/write?precision=ms&org={to.org}&bucket={to.database}/autogen"
        yield Destination(store, poster(to.url + path, to.token))


def _address(port: int) -> Address:
    return Address("http", "127.0.0.1", port, "bench", "", "", None)


def prepared(size: int, hosts: int) -> Iterator[tuple[bytes, int]]:
    """The points of that many messages as `publish` sends them, a batch of lines at a time, and how many."""
    encoder, taken = Encoder(), decoded(messages(hosts, 1, BEGIN))
    for first in range(0, size, MESSAGES):
        batch = [
            Numbers(one.layout, BEGIN + at // len(taken) * 1000, one.values)
            for at in range(first, min(size, first + MESSAGES))
            for one in (taken[at % len(taken)],)
        ]
        yield b"\n".join(encoder.lines(batch)), count(batch)


def send(
    bare: Callable[[bytes], None], bodies: Iterable[tuple[bytes, int]], size: int
) -> tuple[float, float, float]:
    """Messages and points a second, and CPU µs a message."""
    ready = list(bodies)
    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(InfluxStore.writes_at_once) as pool:
        list(pool.map(bare, [body for body, _ in ready]))
    passed, used = time.perf_counter() - began, time.process_time() - cpu
    return size / passed, sum(numbers for _, numbers in ready) / passed, used / size * 1e6
