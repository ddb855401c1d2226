"""What it costs to list the series of many hosts, of 92 numbers in 23 things each: all, and those of one.

    python -m benchmarks.bench_series [--hosts 1000] [--days 28] [--alike] [--checkout FOLDER …]

In SQLite and in InfluxDB 1.6, whose own processor time is told beside ours. The history has a reading of
each day and those of the last minute. A quarter of the hosts lacks some of the numbers, as virtual machines
do, and each twentieth host was away for the last two weeks; with `--alike` all hosts have all. `--checkout`
measures another checkout's way too, over the same histories and in the same run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

from benchmarks.bridge_stores import installed
from benchmarks.month import DAY, STEP, ticks
from benchmarks.process import processor_seconds
from benchmarks.table import print_table
from perfwatch.history.open import open_store
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import HistoryStore, Point

_HERE = Path(__file__).parents[1]
_TIMES = 3

_LAST = 12  # readings
_AWAY, _VIRTUAL = 20, 4  # of so many hosts, one
_OF_METAL = ("frequency_mhz", "physical_cores", "swap_", "hugepages_")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--days", type=int, default=28, help="with one reading each, before the last minute")
    parser.add_argument("--alike", action="store_true", help="all hosts have all numbers, until now")
    parser.add_argument("--checkout", type=Path, action="append", default=[], help="another one to measure")
    parser.add_argument("--of", nargs=2, metavar=("URL", "PID"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.of:
        print(*measured(chosen.of[0], int(chosen.of[1])))
        return
    checkouts = [*chosen.checkout, _HERE]
    with ExitStack() as stack:
        places = filled(stack, chosen)
        rows = [
            (store, checkout.resolve().name, *run(checkout, url, pid))
            for store, url, pid in places
            for checkout in checkouts
        ]
    print_table(
        f"Lists of series of {chosen.hosts} hosts over {chosen.days} days",
        (
            "",
            "checkout",
            "series",
            "ours s",
            "server's s",
            "by the clock s",
            "one host: ms, ours and server's",
        ),
        rows,
    )


def filled(stack: ExitStack, chosen: argparse.Namespace) -> list[tuple[str, str, int]]:
    """The stores' names, addresses and the servers' processes (0: none)."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    found = [("SQLite", f"sqlite://{folder}/history.db", 0)]
    with SqliteStore(folder / "history.db") as store:
        fill(store, chosen)
    if server := installed(folder).get("InfluxDB 1.6"):
        destination = stack.enter_context(server)
        fill(destination.store, chosen)
        address = f"influxdb://127.0.0.1:{destination.server.port}/bench"
        found.append(("InfluxDB 1.6", address, destination.server.pid))
    return found


def fill(store: HistoryStore, chosen: argparse.Namespace) -> None:
    now = time.time_ns() // 1_000_000
    times = [now - day * DAY for day in range(chosen.days, 0, -1)]
    times += [now - ago * STEP for ago in range(_LAST, 0, -1)]
    made = list(islice(ticks(1), len(times)))
    for host in range(chosen.hosts):
        is_away, is_virtual = (not chosen.alike and host % every == 0 for every in (_AWAY, _VIRTUAL))
        until = now - 14 * DAY if is_away else now
        store.write(
            one._replace(host=f"host{host:04}", time=when, fields=fields(one, is_virtual))
            for when, tick in zip(times, made, strict=True)
            if when < until
            for one in tick
        )


def fields(point: Point, is_virtual: bool) -> Mapping[str, float]:
    if not is_virtual:
        return point.fields
    return {name: value for name, value in point.fields.items() if not name.startswith(_OF_METAL)}


def run(checkout: Path, url: str, pid: int) -> tuple[object, ...]:
    """What a process with that checkout's code measures."""
    environment = os.environ | {"PYTHONPATH": str(checkout.resolve()), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--of", url, str(pid)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    series, *seconds = told.stdout.split()
    return (int(series), *map(float, seconds))


def measured(url: str, pid: int) -> tuple[float, ...]:
    """How many there are; the least of ours, of the server's and of the clock's seconds; ms of one host."""
    with closing(open_store(url)) as store:
        ours, theirs, passed = (
            min(some) for some in zip(*(cost(store, pid) for _ in range(_TIMES)), strict=True)
        )
        one = min(sum(cost(store, pid, "host0001")[:2]) for _ in range(_TIMES))
        return len(store.series()), ours, theirs, passed, one * 1000


def cost(store: HistoryStore, pid: int, host: str | None = None) -> tuple[float, float, float]:
    """Seconds of our processor time, of the server's, and by the clock."""
    before = time.process_time(), processor_seconds(pid) if pid else 0.0, time.perf_counter()
    store.series(host=host)
    after = time.process_time(), processor_seconds(pid) if pid else 0.0, time.perf_counter()
    ours, theirs, passed = (end - begin for begin, end in zip(before, after, strict=True))
    return ours, theirs, passed


if __name__ == "__main__":
    main()
