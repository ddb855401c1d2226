"""A month of one host in SQLite: queries over rollups while writing, size, and a cleanup's blocks.

    python -m benchmarks.bench_rollups [--days 30] [--rounds 30] [--cleanup-rows 1000000] [--folder DIR]

Makes readings each 5 s of one host with 16 cores (usage of each core, and 4 numbers of the whole),
rolls them up as the bridge does, and asks while a writer keeps writing. Then measures for how long
writers, in this process and in another, wait while a store of a million rows is cleaned.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.table import percentile, print_table
from perfwatch.history.export import CsvWriter, rows
from perfwatch.history.pacing import paced
from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import HOUR, cleanup, closed, total
from perfwatch.history.sqlite import SqliteStore
from perfwatch.history.store import Point, Series

TICK = 5000
CORES = [Series("cpu", "nas", "core", str(core), "usage_percent") for core in range(16)]
WHOLE = [Series("cpu", "nas", "", "", field) for field in ("usage_percent", "user", "system", "iowait")]

# 30 d into 300 buckets: what the API takes by itself, and the exact 300th, for which minutes are read.
AUTO, EXACT = 3 * HOUR, 144 * 60_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=30, help="how often each question is asked")
    parser.add_argument("--cleanup-rows", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where to make the stores (default: a temporary folder)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        with SqliteStore(Path(folder) / "month.db") as store:
            measure_month(store, chosen.days, chosen.rounds)
        measure_cleanup(Path(folder), chosen.cleanup_rows)


def measure_month(store: SqliteStore, days: int, rounds: int) -> None:
    stop = time.time_ns() // 1_000_000 // HOUR * HOUR
    start = stop - days * DAY_MS
    print(f"writing {days} days of {len(CORES + WHOLE)} series, each {TICK / 1000:.0f} s …")
    began = time.perf_counter()
    numbers = fill(store, start, stop)
    filled = time.perf_counter() - began
    raw_bytes = store.span().bytes or 0
    began = time.perf_counter()
    total(store.roll_up(closed(stop + HOUR)))
    rolled = time.perf_counter() - began
    all_bytes = store.span().bytes or 0
    minutes = next(tier.rows for tier in store.tiers() if tier.name == "1m")
    ask(store, days, stop, rounds, "raw for all of it")
    began = time.perf_counter()
    total(store.thin(stop - 7 * DAY_MS))
    thinned = time.perf_counter() - began
    ask(store, days, stop, rounds, "raw for 7 days")
    print_table(
        f"{days} days of {len(CORES + WHOLE)} series in SQLite",
        ("", "numbers or rows", "seconds", "MB", "bytes each"),
        [
            ("raw", numbers, filled, raw_bytes / 1e6, raw_bytes / numbers),
            ("1m and 1h", minutes, rolled, (all_bytes - raw_bytes) / 1e6, (all_bytes - raw_bytes) / minutes),
            ("thinned to 7 days", "", thinned, (store.path.stat().st_size - free_bytes(store)) / 1e6, ""),
        ],
    )
    measure_export(store, start, stop)


def free_bytes(store: SqliteStore) -> int:
    """What is free inside the file, for readings to come."""
    with store._reader() as db:
        pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_size"))
    return int(pages * size)


def fill(store: SqliteStore, start: int, stop: int) -> int:
    """Plausible percentages, the same in each run."""
    chance, numbers = random.Random(1), 0
    batch: list[Point] = []
    for at in range(start, stop, TICK):
        fields = {series.field: round(chance.uniform(0, 100), 2) for series in WHOLE}
        batch.append(Point("cpu", "nas", "", "", at, fields))
        for core in CORES:
            batch.append(Point(*core[:4], at, {core.field: round(chance.uniform(0, 100), 2)}))
        if len(batch) > 10_000:
            numbers += store.write(batch)
            batch.clear()
    return numbers + store.write(batch)


def ask(store: SqliteStore, days: int, stop: int, rounds: int, state: str) -> None:
    questions: list[tuple[str, int, int]] = [
        ("1 h raw", HOUR, TICK),
        ("24 h → 288", DAY_MS, 300_000),
        (f"{days} d → {days * DAY_MS // AUTO}", days * DAY_MS, AUTO),
        (f"{days} d → {days * DAY_MS // EXACT}", days * DAY_MS, EXACT),
    ]
    table = []
    with writing(store):
        for name, length, interval in questions:
            for series in (WHOLE[:1], CORES):

                def query(
                    series: list[Series] = series, length: int = length, interval: int = interval
                ) -> None:
                    store.query(series, stop - length, stop, interval)

                times = [timed(query) for _ in range(rounds)]
                table.append((name, len(series), percentile(times, 0.5), percentile(times, 0.95), max(times)))
    print_table(
        f"Queries while writing, {state} (target p95 50 ms)",
        ("", "series", "p50 ms", "p95 ms", "slowest ms"),
        table,
    )


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


@contextmanager
def writing(store: SqliteStore) -> Iterator[None]:
    """500 numbers each 50 ms from another process, as a bridge under load."""
    end, results = multiprocessing.Event(), Path(f"{store.path}.writes")
    writer = multiprocessing.Process(target=keep_writing, args=(store.path, end, results))
    writer.start()
    try:
        yield
    finally:
        end.set()
        writer.join()


def keep_writing(path: Path, end: Event, results: Path, pause: float = 0.05) -> None:
    """Write until `end`; the milliseconds that each write took go to `results`."""
    times: list[float] = []
    with SqliteStore(path) as store:
        while not end.wait(pause):
            now = time.time_ns() // 1_000_000
            points = [Point("load", "bench", "core", str(n), now, {"x": 1.0}) for n in range(500)]
            times.append(timed(partial(store.write, points)))
    results.write_text(json.dumps(times))


def measure_cleanup(folder: Path, numbers: int) -> None:
    table: list[Sequence[object]] = []
    for name, elsewhere in (("in the same process", False), ("in another process", True)):
        with SqliteStore(folder / f"cleanup {name}.db") as store:
            table += [(f"{name}, {when}", *row) for when, row in cleaned(store, numbers, elsewhere)]
    print_table(
        f"Writers while {numbers:,} rows are cleaned, of which 9 in 10 go (target: none waits 100 ms)",
        ("writer", "rows removed", "seconds", "writes", "p50 ms", "p99 ms", "longest ms"),
        table,
    )


def cleaned(store: SqliteStore, numbers: int, elsewhere: bool) -> Iterator[tuple[str, Sequence[object]]]:
    """What writers waited for beside a cleanup, and beside nothing for as long."""
    now = time.time_ns() // 1_000_000
    ticks = numbers // len(CORES)
    step = 30 * DAY_MS // ticks
    for first in range(0, ticks, 500):
        moments = [now - 30 * DAY_MS + step * n for n in range(first, min(first + 500, ticks))]
        store.write([Point(*core[:4], at, {core.field: 1.0}) for at in moments for core in CORES])
    policy = Policy(retention_days=3, downsample_after_days=1)
    with beside(store, elsewhere) as times:
        began = time.perf_counter()
        done = asyncio.run(paced(cleanup(store, policy, now)))
        seconds = time.perf_counter() - began
    yield "cleaning", (f"{done.raw + done.rollups:,}", seconds, *waits(times))
    with beside(store, elsewhere) as times:
        time.sleep(seconds)
    yield "idle", ("0", seconds, *waits(times))


@contextmanager
def beside(store: SqliteStore, elsewhere: bool) -> Iterator[list[float]]:
    """Writes beside what is done inside; their milliseconds are in the list afterwards."""
    end, results, times = multiprocessing.Event(), Path(f"{store.path}.writes"), list[float]()
    if elsewhere:
        process = multiprocessing.Process(target=keep_writing, args=(store.path, end, results, 0.005))
        process.start()
        yield times
        end.set()
        process.join()
    else:
        thread = threading.Thread(target=keep_writing_here, args=(store, end, results, 0.005))
        thread.start()
        yield times
        end.set()
        thread.join()
    times += json.loads(results.read_text())


def waits(times: list[float]) -> tuple[int, float, float, float]:
    return len(times), percentile(times, 0.5), percentile(times, 0.99), max(times)


def keep_writing_here(store: SqliteStore, end: Event, results: Path, pause: float) -> None:
    times: list[float] = []
    while not end.wait(pause):
        now = time.time_ns() // 1_000_000
        points = [Point("load", "bench", "core", str(n), now, {"x": 1.0}) for n in range(500)]
        times.append(timed(partial(store.write, points)))
    results.write_text(json.dumps(times))


def measure_export(store: SqliteStore, start: int, stop: int) -> None:
    """Resident memory over a whole export: its most after a tenth, and in the end."""
    series, numbers, early = [*CORES, *WHOLE], 0, 0
    began = time.perf_counter()
    with Path("/dev/null").open("wb") as nothing:
        writer = CsvWriter(nothing)
        for until, window in rows(store, series, start, stop):
            writer.write(window)
            numbers += len(window)
            if not early and until > stop - (stop - start) * 0.2:
                early = peak_kilobytes()
        writer.close()
    seconds = time.perf_counter() - began
    print_table(
        "Export to CSV",
        ("numbers", "seconds", "numbers/s", "MB before the last fifth", "MB at its end"),
        [(f"{numbers:,}", seconds, numbers / seconds, early / 1024, peak_kilobytes() / 1024)],
    )


def peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
