"""What upkeep costs others: how long writers wait beside a cleanup, and an export's memory.

    python -m benchmarks.bench_upkeep [--rows 1000000] [--folder DIR]

A store of `--rows` readings of 16 cores over 30 days is cleaned so that one row in ten stays, while
500 numbers are written every 5 ms, by the same process or by another. Then the same writes beside
nothing for as long: what the machine itself makes writers wait.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.month import ALL_CORES, HOST
from benchmarks.table import percentile, print_table
from perfwatch.history.pacing import paced
from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import cleanup, total
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from perfwatch.history.transfer.export import CsvWriter, rows
from perfwatch.workers import Workers

DAYS = 30
PAUSE_SECONDS = 0.005


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where to make the stores (default: a temporary folder)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        measure_export(Path(folder), chosen.rows)
        measure_cleanup(Path(folder), chosen.rows)


def fill(store: SqliteStore, numbers: int, now: int) -> None:
    """So many numbers of all cores, evenly over the days before `now` (ms), rolled up."""
    ticks = numbers // len(ALL_CORES)
    step = DAYS * DAY_MS // ticks
    for first in range(0, ticks, 500):
        moments = [now - DAYS * DAY_MS + step * n for n in range(first, min(first + 500, ticks))]
        store.write(
            [Point(*core[:4], at, {core.field: at % 997 / 10}) for at in moments for core in ALL_CORES]
        )
    total(store.roll_up(now))


def measure_cleanup(folder: Path, numbers: int) -> None:
    table: list[Sequence[object]] = []
    for name, elsewhere in (("in the same process", False), ("in another process", True)):
        with SqliteStore(folder / f"cleanup {name}.db") as store:
            table += [(f"{name}, {when}", *row) for when, row in cleaned(store, numbers, elsewhere)]
    print_table(
        f"Writers while {numbers:,} rows are cleaned, of which 9 in 10 go (target: none waits 100 ms)",
        ("writer", "rows removed", "seconds", "load", "writes", "p50 ms", "p99 ms", "longest ms"),
        table,
    )


def cleaned(store: SqliteStore, numbers: int, elsewhere: bool) -> Iterator[tuple[str, Sequence[object]]]:
    """What writers waited for beside a cleanup, and beside nothing for as long."""
    now = time.time_ns() // 1_000_000
    fill(store, numbers, now)
    policy = Policy(retention_days=3, downsample_after_days=1)
    with writing(store, elsewhere) as times:
        began = time.perf_counter()
        done = asyncio.run(paced(Workers("upkeep", 1), cleanup(store, policy, now), store.rest))
        seconds = time.perf_counter() - began
    yield "cleaning", (f"{done.raw + done.rollups:,}", seconds, os.getloadavg()[0], *waits(times))
    with writing(store, elsewhere) as times:
        time.sleep(seconds)
    yield "beside nothing", ("0", seconds, os.getloadavg()[0], *waits(times))


@contextmanager
def writing(store: SqliteStore, elsewhere: bool) -> Iterator[list[float]]:
    """Writes beside what is done inside; their milliseconds are in the list afterwards."""
    end, results, times = multiprocessing.Event(), Path(f"{store.path}.writes"), list[float]()
    writer: multiprocessing.Process | threading.Thread
    if elsewhere:
        writer = multiprocessing.Process(target=write_elsewhere, args=(store.path, end, results))
    else:
        writer = threading.Thread(target=keep_writing, args=(store, end, results))
    writer.start()
    yield times
    end.set()
    writer.join()
    times += json.loads(results.read_text())


def write_elsewhere(path: Path, end: Event, results: Path) -> None:
    with SqliteStore(path) as store:
        keep_writing(store, end, results)


def keep_writing(store: SqliteStore, end: Event, results: Path) -> None:
    """Write until `end`; the milliseconds that each write took go to `results`."""
    times: list[float] = []
    while not end.wait(PAUSE_SECONDS):
        now = time.time_ns() // 1_000_000
        points = [Point("load", "other", "core", str(n), now, {"x": 1.0}) for n in range(500)]
        began = time.perf_counter()
        store.write(points)
        times.append((time.perf_counter() - began) * 1000)
    results.write_text(json.dumps(times))


def waits(times: list[float]) -> tuple[int, float, float, float]:
    return len(times), percentile(times, 0.5), percentile(times, 0.99), max(times)


def measure_export(folder: Path, numbers: int) -> None:
    """Resident memory over a whole export: its most before the last fifth, and in the end."""
    stop = time.time_ns() // 1_000_000
    start, written, early = stop - DAYS * DAY_MS, 0, 0
    with SqliteStore(folder / "export.db") as store, Path("/dev/null").open("wb") as nothing:
        fill(store, numbers, stop)
        began = time.perf_counter()
        writer = CsvWriter(nothing)
        for until, window in rows(store, store.series(host=HOST), start, stop):
            writer.write(window)
            written += len(window)
            if until < stop - (stop - start) * 0.2:
                early = peak_kilobytes()
        writer.close()
    seconds = time.perf_counter() - began
    print_table(
        "Export to CSV",
        ("numbers", "seconds", "numbers/s", "MB before the last fifth", "MB at its end"),
        [(f"{written:,}", seconds, written / seconds, early / 1024, peak_kilobytes() / 1024)],
    )


def peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
