"""A year of one host in SQLite: its size, queries and upkeep.

    python -m benchmarks.bench_year [--days 365] [--runs 12] [--folder DIR]

The host has 16 cores and 92 numbers each 5 s, made by benchmarks/month.py. The last days are written and
looked after hour by hour, as the bridge does. Of the days before them only rollups are left, so these are
made from the rollups of one day, moved in time. That takes some minutes, and 0.5 GB. All times are processor
time, so they count on a busy machine too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zlib
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from statistics import median

from benchmarks import month
from benchmarks.bench_history import queries
from benchmarks.table import percentile, print_table
from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import HOUR, cleanup, total
from perfwatch.history.sqlite import codec
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point, TieredStore

# The days with raw readings, and more than one of which they have gone: from a midnight on.
WRITTEN_DAYS = 8.5
POLICY = Policy(retention_days=3650)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=365, help="how many days of readings")
    parser.add_argument("--runs", type=int, default=12, help="runs of each query")
    parser.add_argument("--folder", help="where to make the history (default: a temporary folder)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        path = Path(folder) / "history.db"
        with SqliteStore(path) as store:
            make_rollups(store, path.with_name("day.db"), chosen.days - int(WRITTEN_DAYS))
            upkeep = [hour(store, points) for points in hours(WRITTEN_DAYS)]
            show(store, chosen.days, chosen.runs, upkeep[-24:])


def make_rollups(store: SqliteStore, other: Path, days: int) -> None:
    """So many days of them, before those that are written; each is the one day that is in `other` then."""
    begin = month.END - round(WRITTEN_DAYS * DAY_MS)
    with SqliteStore(other) as day:
        for points in islice(hours(WRITTEN_DAYS), 24):
            day.write(points)
        total(day.roll_up(begin + DAY_MS))
        # The same names in the same order have the same numbers.
        store.write([point._replace(time=begin) for point in next(month.ticks(1))])
        for earlier in range(days, 0, -1):
            copy(day, store, -earlier)


def copy(day: SqliteStore, store: SqliteStore, days: int) -> None:
    """All rollups of `day`, so many days later."""
    shift = days * DAY_MS
    with day._reader() as source, store._transaction("OFF") as db:
        for key, *ends, columns in source.execute("SELECT * FROM minutes ORDER BY id"):
            row = (key + (24 * days << 32), *ends, moved(columns, shift))
            db.execute("INSERT INTO minutes VALUES (?, ?, ?, ?, ?)", row)
        for key, hours, six in source.execute("SELECT * FROM days ORDER BY id"):
            row = (key + (days << 32), moved(hours, shift), moved(six, shift))
            db.execute("INSERT INTO days VALUES (?, ?, ?)", row)


def moved(packed: bytes, shift: int) -> bytes:
    """Columns whose first, the times, are so much later: only its first number tells when they begin."""
    end = codec._HEADS.size + codec._HEADS.unpack_from(packed)[0]
    heads = zlib.decompress(packed[codec._HEADS.size : end])
    *kind, first, step = codec._HEAD.unpack_from(heads)
    head = zlib.compress(codec._HEAD.pack(*kind, first + shift, step) + heads[codec._HEAD.size :])
    return codec._HEADS.pack(len(head)) + head + packed[end:]


def hours(days: float) -> Iterator[list[Point]]:
    """All points of an hour after those of the other."""
    ticks = month.ticks(days)
    while points := list(chain.from_iterable(islice(ticks, HOUR // month.STEP))):
        yield points


def hour(store: TieredStore, points: list[Point]) -> float:
    """Processor seconds of the upkeep after these."""
    store.write(points)
    used = time.process_time()
    total(cleanup(store, POLICY, points[-1].time + HOUR // 6))
    return time.process_time() - used


def show(store: SqliteStore, days: int, runs: int, upkeep: list[float]) -> None:
    rows = [(tier.name, f"{tier.rows:,}") for tier in store.tiers()]
    print_table(f"{days} days: {(store.span().bytes or 0) / 1e6:,.0f} MB", ("tier", "rows"), rows)
    head = ("", "median", "most")
    seconds = [("an hour", median(upkeep) * 1000, max(upkeep) * 1000), ("nothing to do", *idle(store))]
    print_table("Upkeep: ms of processor time", head, seconds)
    asked = []
    for query in queries(days):
        query.run(store)
        times = [query.run(store, time.thread_time) for _ in range(runs)]
        asked.append((query.name, median(times), percentile(times, 0.95)))
    print_table("Queries: ms of processor time", ("", "p50", "p95"), asked)


def idle(store: TieredStore) -> tuple[float, float]:
    """Of the upkeep in between, each minute, when no hour has ended."""
    used = []
    for _ in range(5):
        began = time.process_time()
        total(cleanup(store, POLICY, month.END + HOUR // 6))
        used.append((time.process_time() - began) * 1000)
    return median(used), max(used)


if __name__ == "__main__":
    main()
