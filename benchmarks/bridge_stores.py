"""Where the bridge of a benchmark writes to: nowhere, or a server that is installed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import urllib3

from benchmarks.feed import messages
from benchmarks.publish import BEGIN
from bridge.batch import MESSAGES
from bridge.decode import Decoder
from bridge.series_limit import SeriesLimit
from perfwatch.history.influx.http import Server
from perfwatch.history.influx.line_protocol import Encoder
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Numbers, Point, count
from perfwatch.topics import Topics
from tests.influx import INFLUXD, VICTORIA, Influxd, Victoria


class Free(SqliteStore):
    """A store that costs nothing: it counts. It is never opened."""

    def write(self, points: Iterable[Point | Numbers]) -> int:
        return count(points)


class Destination(NamedTuple):
    """A store on a server, and what sends a body of lines to the same server with nothing around it."""

    store: InfluxStore
    bare: Callable[[bytes], None]
    server: Influxd | Victoria


class _Old(Server):
    """InfluxDB 1.6, which takes the same lines under another path than later ones."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._post = poster(f"{address.url}/write?precision=ms&rp=autogen&db={address.database}")

    def write(self, bucket: str, body: bytes, path: str, query: Mapping[str, str]) -> None:
        self._post(body)


def poster(url: str) -> Callable[[bytes], None]:
    pool = urllib3.PoolManager(maxsize=InfluxStore.writes_at_once)

    def post(body: bytes) -> None:
        answer = pool.request("POST", url, body=body)
        if answer.status != 204:
            raise SystemExit(f"{url} answered {answer.status}: {answer.data!r}")

    return post


def servers(folder: Path) -> dict[str, AbstractContextManager[Destination]]:
    """By name, not started yet; none for a server that is not installed."""
    found: dict[str, AbstractContextManager[Destination]] = {}
    if INFLUXD is not None:
        found["InfluxDB 1.6"] = _influxdb(folder)
    if VICTORIA is not None:
        found["VictoriaMetrics"] = _victoria(folder)
    return found


@contextmanager
def _influxdb(folder: Path) -> Iterator[Destination]:
    (home := folder / "influxdb").mkdir()
    with Influxd(home) as server, InfluxStore(_address(server.port)) as store:
        store._database._server = _Old(_address(server.port))
        server.ask('CREATE DATABASE "bare"')
        bare = poster(f"http://127.0.0.1:{server.port}/write?precision=ms&db=bare")
        yield Destination(store, bare, server)


@contextmanager
def _victoria(folder: Path) -> Iterator[Destination]:
    (home := folder / "victoria").mkdir()
    with Victoria(home) as server, InfluxStore(_address(server.port)) as store:
        bare = poster(f"http://127.0.0.1:{server.port}/write?precision=ms&db=bare")
        yield Destination(store, bare, server)


def _address(port: int) -> Address:
    return Address("http", "127.0.0.1", port, "bench", "", "", None)


def prepared(size: int, hosts: int) -> Iterator[tuple[bytes, int]]:
    """The points of that many messages as `publish` sends them, a batch of lines at a time, and how many."""
    decoder, encoder = Decoder(Topics(), SeriesLimit(5000, print)), Encoder()
    feed = messages(hosts, 1, BEGIN)
    taken = [numbers for topic, text in feed if (numbers := decoder.decode(topic, text.encode(), 10**14))]
    for first in range(0, size, MESSAGES):
        batch = [
            Numbers(one.layout, BEGIN + at // len(taken) * 5000, one.values)
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
