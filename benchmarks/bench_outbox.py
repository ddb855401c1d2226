"""What the outbox costs, beside other ways to have a reading on disk before it is sent.

    python -m benchmarks.bench_outbox [--ticks 2000] [--folder /var/tmp]

Each way takes ticks of 4 and of 12 readings of 600 bytes, acknowledged at once. Processor time is this
process's, without waiting; `longest` is how long a tick may hang on the disk.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.table import percentile, print_table
from collector.delivery.outbox import Outbox
from perfwatch.journal.segment import Segment

READING = b"x" * 600
Tick = Callable[[int], None]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ticks", type=int, default=2000)
    parser.add_argument("--folder", default="/var/tmp", help="on the disk that is to be measured")
    chosen = parser.parse_args()
    ways = {"outbox": of_outbox, "file, fdatasync a tick": of_synced_file, "SQLite, WAL": of_sqlite}
    rows = []
    for readings in (4, 12):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
                rows.append([name, readings, *measure(way(Path(folder)), readings, chosen.ticks)])
    head = (
        "way",
        "readings",
        "CPU µs a tick",
        "% of a core at 5 s",
        "p50 ms",
        "longest ms",
        "kB written a tick",
    )
    print_table(f"A tick into the outbox and out again, over {chosen.ticks} ticks", head, rows)


def measure(tick: Tick, readings: int, ticks: int) -> tuple[float, ...]:
    durations = []
    tick(readings)
    written, cpu = written_bytes(), time.process_time()
    for _ in range(ticks):
        started = time.perf_counter()
        tick(readings)
        durations.append((time.perf_counter() - started) * 1000)
    each = (time.process_time() - cpu) / ticks
    kilobytes = (written_bytes() - written) / ticks / 1000
    return each * 1e6, each / 5 * 100, percentile(durations, 0.5), max(durations), kilobytes


def written_bytes() -> int:
    """Bytes that this process had the system write to a disk, those still in memory included."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["write_bytes"]) - int(fields["cancelled_write_bytes"])


def of_outbox(folder: Path) -> Tick:
    outbox = Outbox(folder)
    outbox.open()

    def tick(readings: int) -> None:
        for _ in range(readings):
            outbox.add("perfwatch/nas/cpu", READING)
            letter = outbox.take()
            assert letter is not None
            outbox.done(letter.number)

    return tick


def of_synced_file(folder: Path) -> Tick:
    segment = Segment(folder / "1.journal", 0, 0.0)

    def tick(readings: int) -> None:
        for _ in range(readings):
            segment.append(READING, 1, 0, 0.0, sync=False)
        os.fdatasync(segment._file)

    return tick


def of_sqlite(folder: Path) -> Tick:
    database = sqlite3.connect(folder / "outbox.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE waiting (number INTEGER PRIMARY KEY, topic TEXT, payload BLOB)")

    def tick(readings: int) -> None:
        for _ in range(readings):
            database.execute(
                "INSERT INTO waiting (topic, payload) VALUES (?, ?)", ("perfwatch/nas/cpu", READING)
            )
        database.execute("DELETE FROM waiting")

    return tick


if __name__ == "__main__":
    main()
