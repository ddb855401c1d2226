"""What a history writes to its disk: bytes a tick, a day and a number, by /proc/<pid>/io.

    python -m benchmarks.bench_disk [--hours 3] [--before 49] [--minutes 3] [--only NAME] [--folder DIR]

One host at 5 s, 168 numbers in 9 messages a tick, one commit a tick; and 20 hosts, whose ticks are spread
over 5 s and stored by the bridge's batch window of 5 s. SQLite gets `--before` hours that are not measured,
so that every page is as full as it will be, with raw readings of a day and rollups of two: then each hour
writes, folds and removes one. Beside it the layout of releases before schema 4. Measured are `--hours` hours
of ticks with their upkeep; for 20 hosts one hour after two others, of which nothing is removed.

InfluxDB 1.6 and VictoriaMetrics, where they are installed, flush by the clock: they get a tick each 5 s for
`--minutes`, after the same hours before. What a server writes later, when it merges its files, is not in it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from benchmarks.bridge_stores import installed
from benchmarks.process import processor_seconds
from benchmarks.table import print_table
from perfwatch.history.policy import Policy
from perfwatch.history.rollup import HOUR, cleanup, floor, total
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Layout, Numbers, Part, each_point
from tests.perfwatch.history.sqlite.old_layout import OldHistory

STEP_MS = 5000
TICKS_A_DAY = 86_400_000 // STEP_MS
# Numbers of each message.
SIZES = (60, 14, 30, 26, 10, 8, 8, 6, 6)
# What a server has yet to write of the hours before.
SETTLE_SECONDS = 30
POLICY = Policy(downsample_after_days=1, retention_days=2)


class Cost(NamedTuple):
    """Of all measured ticks of all hosts; `held` is what is on the disk then."""

    ticks: int
    written: int
    seconds: float
    held: int


class Host:
    """Numbers as machines have them: shares and rates with two decimals, counters, and what never changes."""

    def __init__(self, name: str, offset: int) -> None:
        self._chance = random.Random(name)
        self._offset = offset
        parts = [Part("", "", tuple(f"field{number}" for number in range(size))) for size in SIZES]
        self._layouts = [Layout(f"metric{at}", name, (part,)) for at, part in enumerate(parts)]
        self._counters = [self._chance.randrange(10**10) for _ in range(sum(SIZES))]

    def tick(self, time: int) -> list[Numbers]:
        # A tick is a few milliseconds late.
        moment, first = time + self._offset + self._chance.choice((0, 0, 0, 1, 1, 2)), 0
        taken = []
        for layout, size in zip(self._layouts, SIZES, strict=True):
            taken.append(Numbers(layout, moment, [self._value(first + number) for number in range(size)]))
            first += size
        return taken

    def _value(self, number: int) -> float:
        kind = number % 5
        if kind == 4:
            return 4096.0 * number
        if kind == 3:
            self._counters[number] += self._chance.randrange(20_000)
            return float(self._counters[number])
        return round(self._chance.random() * (100 if kind < 2 else 1e5), 2)


def commits(hosts: int, start: int, stop: int, windows: int) -> Iterator[list[Numbers]]:
    """What is stored together: the hosts of a window of a 5 s interval, over start ≤ time < stop (ms)."""
    made = [Host(f"host{number:02}", number * STEP_MS // hosts) for number in range(hosts)]
    share = -(-hosts // windows)
    for moment in range(start, stop, STEP_MS):
        for first in range(0, hosts, share):
            yield [numbers for host in made[first : first + share] for numbers in host.tick(moment)]


def bulk(found: Iterator[list[Numbers]], size: int = 200) -> Iterator[list[Numbers]]:
    """The same in few commits."""
    held: list[Numbers] = []
    for count, one in enumerate(found, 1):
        held += one
        if count % size == 0:
            yield held
            held = []
    if held:
        yield held


def sqlite(path: Path, hosts: int, before: int, hours: int, windows: int) -> Cost:
    now = floor(time.time_ns() // 1_000_000, HOUR)
    start, begin = now - (before + hours) * HOUR, now - hours * HOUR
    with SqliteStore(path) as store:

        def look_after(until: int) -> None:
            total(cleanup(store, POLICY, until + 6 * 60_000))

        def write(taken: list[Numbers]) -> None:
            store.write(taken)

        return cost(path, write, look_after, hosts, (start, begin, now), windows)


def old_layout(path: Path, hosts: int, before: int, hours: int, windows: int) -> Cost:
    """Upkeep in one commit an hour, which is fewer than it was."""
    now = floor(time.time_ns() // 1_000_000, HOUR)
    old = OldHistory(path)
    with closing(old.connect()) as db:
        db.execute("PRAGMA synchronous = FULL")

        def look_after(until: int) -> None:
            old.look_after(db, until - HOUR, POLICY)

        def write(taken: list[Numbers]) -> None:
            old.write(db, each_point(taken))

        start, begin = now - (before + hours) * HOUR, now - hours * HOUR
        return cost(path, write, look_after, hosts, (start, begin, now), windows)


def cost(
    path: Path,
    write: Callable[[list[Numbers]], None],
    look_after: Callable[[int], None],
    hosts: int,
    moments: tuple[int, int, int],
    windows: int,
) -> Cost:
    """Of the ticks between the last two moments, each hour followed by its upkeep."""
    start, begin, stop = moments
    for hour in range(start, begin, HOUR):
        for taken in bulk(commits(hosts, hour, hour + HOUR, 1)):
            write(taken)
        look_after(hour + HOUR)
    written, used = bytes_written("self"), time.process_time()
    for hour in range(begin, stop, HOUR):
        for taken in commits(hosts, hour, hour + HOUR, windows):
            write(taken)
        look_after(hour + HOUR)
    ticks = (stop - begin) // STEP_MS * hosts
    held = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
    return Cost(ticks, bytes_written("self") - written, time.process_time() - used, held)


def bytes_written(pid: int | str) -> int:
    """Bytes of pages that the process has made dirty, which are written at least once."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=int, default=3, help="how many hours are measured")
    parser.add_argument("--before", type=int, default=49, help="hours of one host that are there by then")
    parser.add_argument("--minutes", type=float, default=3, help="how long servers are watched")
    parser.add_argument("--only", choices=("sqlite", "servers"), help="only these")
    parser.add_argument("--folder", help="where to make the stores (default: a temporary folder)")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measured(chosen.measure)))
        return
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        if chosen.only != "servers":
            rows += files(Path(folder), chosen.before, chosen.hours)
        if chosen.only != "sqlite":
            rows += watched(Path(folder), chosen.before, chosen.minutes)
    head = ("store", "ticks", "kB a tick", "MB a day", "bytes a number", "CPU ms a tick", "MB held")
    print_table("Written to the disk, of each host at 5 s with 168 numbers", head, rows)


LAYOUTS = {"SQLite": sqlite, "SQLite, earlier layout": old_layout}


def files(folder: Path, before: int, hours: int) -> Iterator[tuple[object, ...]]:
    """Each in a process of its own, whose bytes are counted."""
    for hosts, windows in ((1, 1), (20, 1)):
        for number, name in enumerate(LAYOUTS):
            path = folder / f"{hosts}-{number}.db"
            asked = json.dumps(
                [name, str(path), hosts, max(2, before // hosts), max(1, hours // hosts), windows]
            )
            command = [sys.executable, "-m", "benchmarks.bench_disk", "--measure", asked]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            yield row(f"{name}, {hosts} host{'s'[: hosts > 1]}", Cost(*json.loads(done.stdout)))


def measured(asked: str) -> Cost:
    name, path, *rest = json.loads(asked)
    return LAYOUTS[name](Path(path), *rest)


def watched(folder: Path, before: int, minutes: float) -> Iterator[tuple[object, ...]]:
    """Servers, each of which gets a tick each 5 s."""
    for name, opened in installed(folder).items():
        with opened as destination:
            store, server = destination.store, destination.server
            now = time.time_ns() // 1_000_000
            for taken in bulk(commits(1, now - before * HOUR, now, 1)):
                store.write(taken)
            time.sleep(SETTLE_SECONDS)
            written, used = bytes_written(server.pid), processor_seconds(server.pid)
            ticks = 0
            for taken in commits(1, now, now + round(minutes * 60_000), 1):
                time.sleep(max(0.0, now / 1000 + SETTLE_SECONDS + ticks * STEP_MS / 1000 - time.time()))
                store.write(taken)
                ticks += 1
            spent = bytes_written(server.pid) - written, processor_seconds(server.pid) - used
            held = sum(file.stat().st_size for file in server.folder.rglob("*") if file.is_file())
            yield row(name, Cost(ticks, *spent, held))


def row(name: str, cost: Cost) -> tuple[object, ...]:
    tick = cost.written / cost.ticks
    return (
        *(name, f"{cost.ticks:,}", tick / 1000, tick * TICKS_A_DAY / 1e6, tick / sum(SIZES)),
        *(cost.seconds / cost.ticks * 1000, cost.held / 1e6),
    )


if __name__ == "__main__":
    main()
