"""The history: size on disk, and how long queries take, in SQLite and in InfluxDB 1.6.7 (Debian's).

    python -m benchmarks.bench_history [--days 3] [--runs 20] [--cold 3] [--only sqlite] [--folder DIR]

The readings are those of one host with 16 cores, every 5 s, 92 numbers each, made by benchmarks/month.py:
`--days 30` is the month of the targets (about 10 minutes, and 1.6 GB). Queries go through the store, as
the dashboard's do: p50 and p95 of `--runs`, in one process after a first run (warm); after the server was
started anew and its files dropped from the page cache (cold, `--cold` runs); and warm while another
process writes 2000 points/s. `own` is this process's processor time, warm: for SQLite all that a query
takes, however busy the machine is. It is asked with all raw readings there, and again when those older than 7
days have gone. What upkeep costs: benchmarks/bench_upkeep.py.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from benchmarks import month
from benchmarks.table import percentile, print_table
from perfwatch.history.open import open_store
from perfwatch.history.rollup import total
from perfwatch.history.store import HistoryStore, Point, Series, Work
from tests.influx import Influxd
from tests.influx_proxy import InfluxProxy
from tests.servers import wait_until

HOUR = 3_600_000
RAW_DAYS = 7  # the default policy
BATCH_TICKS = 240  # about what a bridge that catches up writes at once; three are an hour

# InfluxDB packs its cache after 10 minutes without writes; here at once, so that the size is the final one.
_PACKED_SOON = 'cache-snapshot-write-cold-duration = "1s"\ncompact-full-write-cold-duration = "1s"'


class Query(NamedTuple):
    name: str
    length: int
    interval: int
    series: Sequence[Series]

    def run(self, store: HistoryStore, clock: Callable[[], float] = time.perf_counter) -> float:
        """Milliseconds that it took, by that clock."""
        started = clock()
        found = store.query(self.series, month.END - self.length, month.END, self.interval)
        passed = clock() - started
        enough = 0.9 * self.length / self.interval
        assert all(len(buckets) >= enough for buckets in found.values()), "the query found too little"
        return passed * 1000


class Place(NamedTuple):
    """One store: where it is written and read, its files, and how to start it anew."""

    name: str
    write_url: str
    read_url: str
    folder: Path
    restart: Callable[[Callable[[], None]], None]
    settle: Callable[[], None]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=float, default=3, help="how many days of readings")
    parser.add_argument("--runs", type=int, default=20, help="warm runs of each query")
    parser.add_argument("--cold", type=int, default=3, help="cold runs of each query")
    parser.add_argument("--only", choices=("sqlite", "influxdb"), help="only this store")
    parser.add_argument("--folder", help="where to make the stores (default: a temporary folder)")
    parser.add_argument("--write", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.write:
        keep_writing(chosen.write)
        return
    for name, opened in (("sqlite", sqlite), ("influxdb", influxdb)):
        if chosen.only in (None, name):
            with tempfile.TemporaryDirectory(dir=chosen.folder) as folder, opened(Path(folder)) as place:
                measure(place, chosen.days, chosen.runs, chosen.cold)


@contextmanager
def sqlite(folder: Path) -> Iterator[Place]:
    url = f"sqlite://{folder}/history.db"
    yield Place("SQLite", url, url, folder, lambda between: between(), lambda: None)


@contextmanager
def influxdb(folder: Path) -> Iterator[Place]:
    with Influxd(folder, data=_PACKED_SOON) as server, InfluxProxy(server.port) as proxy:

        def restart(between: Callable[[], None]) -> None:
            server.stop()
            between()
            server.start()

        def packed() -> bool:
            """Nothing waits to be written, or to be freed after a deletion."""
            return size(folder / "wal") < 4096 and not any((folder / "data").rglob("*.tombstone"))

        yield Place(
            "InfluxDB 1.6.7",
            f"influxdb://127.0.0.1:{proxy.port}/bench",
            f"influxdb://127.0.0.1:{server.port}/bench",
            folder,
            restart,
            lambda: wait_until(packed, "the cache is packed", timeout=300),
        )


def measure(place: Place, days: float, runs: int, cold: int) -> None:
    print(f"\n{place.name}: writing {days:g} days …", flush=True)
    numbers, wrote, kept_up = fill(place, days)
    place.settle()
    on_disk = size(place.folder)
    print_table(
        f"{place.name}: {days:g} days of one host with {month.CORES} cores, every 5 s",
        ("numbers", "million/s written", "million/s rolled up", "MB on disk", "bytes per number"),
        [(f"{numbers:,}", numbers / wrote / 1e6, numbers / kept_up / 1e6, on_disk / 1e6, on_disk / numbers)],
    )
    with closing(open_store(place.write_url)) as store:
        look_after(place, "rolled up", store.roll_up(month.END), on_disk)
        ask(place, days, runs, cold, ", raw readings of all days")
        if days > RAW_DAYS:
            look_after(place, "thinned", store.thin(month.END - RAW_DAYS * month.DAY), size(place.folder))
            ask(place, days, runs, cold, f", raw readings of {RAW_DAYS} days")


def look_after(place: Place, what: str, steps: Iterator[Work], before: int) -> None:
    """Do that work at once, without the rests that the bridge gives its writers."""
    started = time.perf_counter()
    done = total(steps)
    seconds = time.perf_counter() - started
    place.settle()
    print_table(
        f"{place.name}: {what}",
        ("numbers", "million/s", "more MB on disk"),
        [(f"{sum(done):,}", sum(done) / seconds / 1e6, (size(place.folder) - before) / 1e6)],
    )


def ask(place: Place, days: float, runs: int, cold: int, state: str) -> None:
    rows = []
    for query in queries(days):
        row = [
            *quantiles([started_anew(place, query) for _ in range(cold)]),
            *quantiles(warm(place, query, runs, nullcontext())),
            *quantiles(warm(place, query, runs, writing(place.write_url))),
            *quantiles(warm(place, query, runs, nullcontext(), time.thread_time)),
        ]
        rows.append((query.name, *row))
    head = [f"{when} {share}" for when in ("cold", "warm", "writing", "own") for share in ("p50", "p95")]
    print_table(f"{place.name}{state}: milliseconds of a query (target p95 50)", ("", *head), rows)


def queries(days: float) -> list[Query]:
    """Raw readings of an hour, 300 buckets of a day and of all days, and what a page's charts ask for."""
    whole = round(days * month.DAY)
    ranges = [
        ("1 h raw", HOUR, month.STEP),
        ("24 h → 300", month.DAY, month.DAY // 300),
        ("24 h by 5 min", month.DAY, HOUR // 12),
        ("7 d by 30 min", 7 * month.DAY, HOUR // 2),
        (f"{days:g} d by 3 h", whole, 3 * HOUR),
        (f"{days:g} d → 300", whole, whole // 300),
    ]
    return [
        Query(f"{name}, {len(series)} series", length, interval, series)
        for name, length, interval in ranges
        for series in ([month.USAGE], month.ALL_CORES)
        if length <= whole
    ]


def fill(place: Place, days: float) -> tuple[int, float, float]:
    """Write all of it, with the upkeep of each hour; how many numbers, and the seconds of both."""
    numbers, wrote, kept_up = 0, 0.0, 0.0
    with closing(open_store(place.write_url)) as store:
        for points in batches(days):
            started = time.perf_counter()
            numbers += store.write(points)
            written = time.perf_counter()
            total(store.roll_up(points[-1].time))
            wrote += written - started
            kept_up += time.perf_counter() - written
    return numbers, wrote, kept_up


def batches(days: float) -> Iterator[list[Point]]:
    batch: list[Point] = []
    for number, points in enumerate(month.ticks(days), 1):
        batch += points
        if number % BATCH_TICKS == 0:
            yield batch
            batch = []
    if batch:
        yield batch


def warm(
    place: Place,
    query: Query,
    runs: int,
    meanwhile: AbstractContextManager[None],
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    store = open_store(place.read_url)
    with meanwhile:
        query.run(store)
        times = [query.run(store, clock) for _ in range(runs)]
    store.close()
    return times


def started_anew(place: Place, query: Query) -> float:
    place.restart(lambda: drop_cache(place.folder))
    store = open_store(place.read_url)
    passed = query.run(store)
    store.close()
    return passed


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Another process writes to the store, as a bridge does."""
    command = [sys.executable, "-m", "benchmarks.bench_history", "--write", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def keep_writing(url: str) -> None:
    """Write 100 points each 50 ms, of another host, until killed."""
    store = open_store(url)
    batch: list[Point] = []
    for points in month.ticks(365, host="other"):
        now = time.time_ns() // 1_000_000
        batch += [point._replace(time=now) for point in points]
        if len(batch) >= 100:
            store.write(batch)
            print(len(batch), flush=True)
            batch = []
            time.sleep(0.05)


def size(folder: Path) -> int:
    """Bytes that the files of a store take on disk."""
    return sum(path.stat().st_blocks * 512 for path in store_files(folder))


def store_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".log", ".conf")]


def drop_cache(folder: Path) -> None:
    for path in store_files(folder):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def quantiles(times: list[float]) -> tuple[float, float]:
    return percentile(times, 0.5), percentile(times, 0.95)


if __name__ == "__main__":
    main()
