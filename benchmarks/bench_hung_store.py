"""A history that never answers, and a large answer: what they cost everybody else.

    python -m benchmarks.bench_hung_store

The first table: an InfluxDB that takes connections and never answers, 20 queries of it in flight, and how
long a login, /health and /api/hosts take meanwhile; then how long SIGTERM takes. The second: as
many readings in SQLite as one answer may have, asked for at once, while /health is asked again and again on
one connection: its slowest answer is how long the event loop was held.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx

from benchmarks.process import peak_megabytes, resident_megabytes
from benchmarks.table import percentile, print_table
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from tests.servers import Mosquitto, SilentServer
from tests.stack import PASSWORD, Dashboard, bearer, log_in

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z
RANGE = "start_time=2026-11-23T12:00:00Z&end_time=2026-11-23T16:10:00Z"
ASKED = f"/api/history/metrics?metric_type=many&{RANGE}"
LARGE = f"{ASKED}&interval=5s&limit=10000"
FIELDS, READINGS = 65, 3000


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder))
        print_hung(folder, broker)
        print_large(folder, broker)


def print_hung(folder: Path, broker: Mosquitto) -> None:
    with SilentServer() as silent, ThreadPoolExecutor(20) as threads:
        history = f"influxdb://127.0.0.1:{silent.port}/perfwatch"
        with Dashboard(folder, broker.url, history=history) as server, client_of(server) as client:
            waiting = [threads.submit(client.get, ASKED) for _ in range(20)]
            rows = [(name, milliseconds(ask)) for name, ask in others(client).items()]
            took = [answer.result().elapsed.total_seconds() for answer in waiting]
            rows.append(("the queries themselves", max(took) * 1000))
            waiting = [threads.submit(client.get, ASKED) for _ in range(20)]
            rows.append(("SIGTERM to the end", milliseconds(server.end)))
            failed(waiting)
    print_table("A history that never answers, 20 queries in flight", ("", "ms"), rows)


def others(client: httpx.Client) -> dict[str, Callable[[], object]]:
    login = {"username": "admin", "password": PASSWORD}
    return {
        "login": lambda: client.post("/api/auth/login", json=login),
        "/health": lambda: client.get("/health"),
        "/api/hosts": lambda: client.get("/api/hosts"),
        "/api/users": lambda: client.get("/api/users"),
    }


def print_large(folder: Path, broker: Mosquitto) -> None:
    with SqliteStore(folder / "history.db") as store:
        for first in range(0, READINGS, 600):
            store.write(reading(number) for number in range(first, first + 600))
    with (
        Dashboard(folder, broker.url) as server,
        client_of(server) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        assert server.process is not None
        before = resident_megabytes(server.process.pid)
        answer, stalls = threads.submit(client.get, LARGE), list[float]()
        with httpx.Client(base_url=server.url) as other:
            while not answer.done():
                stalls.append(milliseconds(lambda: other.get("/health")))
        content = answer.result()
        rows = [
            ("numbers", FIELDS * READINGS),
            ("status", content.status_code),
            ("MB of the answer", len(content.content) / 2**20),
            ("seconds", content.elapsed.total_seconds()),
            ("/health meanwhile, median ms", percentile(stalls, 0.5)),
            ("/health meanwhile, slowest ms", max(stalls)),
            ("MB more than before, at most", peak_megabytes(server.process.pid) - before),
        ]
    print_table("One large answer", ("", ""), rows)


def reading(number: int) -> Point:
    fields = {f"field_{field}": number + field / 7 for field in range(FIELDS)}
    return Point("many", "nas", "", "", NOON + 5000 * number, fields)


def client_of(server: Dashboard) -> httpx.Client:
    limits = httpx.Limits(max_connections=50)
    return httpx.Client(base_url=server.url, headers=bearer(log_in(server.url)), limits=limits, timeout=120)


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def failed(waiting: list[Future[httpx.Response]]) -> None:
    """Wait for queries whose server has ended meanwhile."""
    for answer in waiting:
        answer.exception()


if __name__ == "__main__":
    main()
