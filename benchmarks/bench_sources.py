"""How long a tick takes, source by source, on this machine.

    python -m benchmarks.bench_sources [--ticks 300]

What is asked in the background (containers, systemd) costs its tick only the starting of a thread; what
the whole process then spends is in the last column. A source that this machine lacks shows what it
costs to find that out, at each tick.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from benchmarks.table import percentile, print_table
from collector.sources.processes import Processes
from collector.sources.registry import SOURCES
from collector.sources.source import Absent, Closable, Source, Tick
from perfwatch.readings import codec

BETWEEN_SECONDS = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ticks", type=int, default=300, help="how many are measured")
    chosen = parser.parse_args()
    rows = [measured(source, chosen.ticks) for source in sources()]
    medians, slow, spent = (sum(float(str(row[column])) for row in rows) for column in (2, 3, 5))
    print_table(
        f"A tick of each source, over {chosen.ticks} ticks",
        ("source", "", "p50 ms", "p99 ms", "bytes", "CPU ms"),
        [*rows, ("all", "", medians, slow, sum(int(str(row[4])) for row in rows), spent)],
    )
    print(f"\n  At 5 s that is {spent / 50:.3f} % of a core, and at 1 s {spent / 10:.3f} %.")


def sources() -> Iterator[Source]:
    """Every source that there is, each closed before the next begins."""
    for make in SOURCES.values():
        # The processes are read at every tick, although so many ticks would be too many.
        source = Processes(share=1e9) if make is Processes else make()
        yield source
        if isinstance(source, Closable):
            source.close()


def measured(source: Source, ticks: int) -> tuple[object, ...]:
    """Its name, whether it is there, p50 and p99 of its tick, its size, and its share of our work."""
    costs, size, there = [], 0, "there"
    spent = time.process_time()
    for _ in range(ticks):
        began = time.perf_counter()
        try:
            reading = source.gather(Tick(codec.now(), time.monotonic()))
            size = len(codec.encode(reading)) if reading is not None else size
        except Absent:
            there = "absent"
        costs.append(1000 * (time.perf_counter() - began))
        time.sleep(BETWEEN_SECONDS)
    each = 1000 * (time.process_time() - spent) / ticks
    return source.name, there, percentile(costs, 0.5), percentile(costs, 0.99), size, each


if __name__ == "__main__":
    main()
