"""The bridge at the rates of a home: what a message costs, and how old a reading is once it is stored."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from benchmarks.bridge_stores import Free
from benchmarks.feed import begin_session
from benchmarks.table import percentile, print_table
from bridge.app import Bridge
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Numbers, Point
from perfwatch.settings import Settings
from tests.servers import Mosquitto

RATES = (20, 200, 1000)
WAITS = (0.01, 0.2, 0.5, 1.0)

# Every host has been seen by then, 5 s apart.
WARM_SECONDS = 6.0

Ages = list[tuple[float, float]]


class NotedFree(Free):
    """Notes when each reading was stored, and its own time, in ms."""

    ages: Ages

    def write(self, points: Iterable[Point | Numbers]) -> int:
        return noted(self.ages, list(points), super().write)


class NotedSqlite(SqliteStore):
    """The same."""

    ages: Ages

    def write(self, points: Iterable[Point | Numbers]) -> int:
        return noted(self.ages, list(points), super().write)


def noted(ages: Ages, taken: list[Point | Numbers], write: Callable[[Iterable[Point | Numbers]], int]) -> int:
    written = write(taken)
    now = time.time() * 1000
    ages += [(now, one.time) for one in taken]
    return written


def show(broker: Mosquitto, seconds: float) -> None:
    rows = [
        run(broker, kind, rate, wait, seconds)
        for kind in (NotedFree, NotedSqlite)
        for rate in RATES
        for wait in WAITS
    ]
    print_table(
        f"At a steady rate, {seconds:.0f} s each, load {os.getloadavg()[0]:.1f}",
        ("store", "messages/s", "wait ms", "CPU µs/message", "writes/s", "p50 ms", "p99 ms", "slowest ms"),
        rows,
    )


def run(
    broker: Mosquitto, kind: type[NotedFree | NotedSqlite], rate: int, wait: float, seconds: float
) -> tuple[object, ...]:
    name = f"rate{rate}-{kind.__name__}-{wait}"
    begin_session(broker.port, f"perfwatch-bridge-{name}")
    with kind(broker.folder / f"{name}.db") as store:
        store.ages = []
        settings = Settings(broker=broker.url, bridge_id=name, data_dir=str(broker.folder), batch_wait=wait)
        count = int(rate * (WARM_SECONDS + seconds + 2))
        publish = [sys.executable, "-m", "benchmarks.publish", str(broker.port), str(count), str(rate)]
        with subprocess.Popen(publish) as feed:
            used = asyncio.run(measured(Bridge(settings, store), store.ages, seconds))
            feed.terminate()
    ages = [now - age for now, age in store.ages]
    writes = len({now for now, _ in store.ages}) / seconds
    shown = [percentile(ages, 0.5), percentile(ages, 0.99), max(ages)]
    return (kind.__mro__[1].__name__, rate, round(wait * 1000), used / len(ages) * 1e6, writes, *shown)


async def measured(bridge: Bridge, ages: Ages, seconds: float) -> float:
    """Processor seconds of the bridge; `ages` are those of this time."""
    running = asyncio.create_task(bridge.run())
    await asyncio.sleep(WARM_SECONDS)
    ages.clear()
    before = time.process_time()
    await asyncio.sleep(seconds)
    used, kept = time.process_time() - before, list(ages)
    bridge.stop()
    await running
    ages[:] = kept
    return used
