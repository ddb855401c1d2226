"""A week of ticks in a minute or two: the collector's memory must not grow.

    python -m benchmarks.bench_week [--days 7] [--interval 60]

Real sources, a clock that jumps from tick to tick, and an outlet that encodes nothing further and
drops what it gets. A week at 5 s is 120,960 ticks; by default each stands for a minute, which is
10,080 of them, as what could grow grows with ticks and not with time. Give --interval 5 for all.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections.abc import Mapping
from functools import partial

from benchmarks.process import resident_megabytes
from benchmarks.table import print_table
from collector.__main__ import open_sources
from collector.agent import Agent, Gathered
from collector.host import describe
from collector.stop import Stop
from perfwatch.readings.core import HostInfo
from perfwatch.settings import Settings

DAY_SECONDS = 86_400
# What the allocator may keep of one tick's peak; a leak of 100 bytes a tick is 1 MB in 10,000 ticks.
ALLOWED_MEGABYTES = 1.0


class Dropped:
    """An outlet that counts what it is given."""

    def __init__(self) -> None:
        self.messages = 0
        self.bytes = 0

    def publish(self, readings: Mapping[str, Gathered]) -> None:
        self.messages += len(readings)
        self.bytes += sum(len(gathered.payload) for gathered in readings.values())

    def describe(self, facts: HostInfo) -> None: ...


class Time:
    """A clock for the agent and its wait: waiting takes no time, and each tick is one interval on."""

    def __init__(self, until: float) -> None:
        self.now = 0.0
        self._until = until

    def read(self) -> float:
        return self.now

    def waits(self) -> Stop:
        return _Jumps(self, self._until)


class _Jumps(Stop):
    def __init__(self, clock: Time, until: float) -> None:
        super().__init__()
        self._clock = clock
        self._until = until

    def wait(self, seconds: float) -> bool:
        self._clock.now += max(0.0, seconds)
        return self._clock.now >= self._until


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=7, help="how long is simulated")
    parser.add_argument("--interval", type=int, default=60, help="simulated seconds between two ticks")
    chosen = parser.parse_args()
    outlet = Dropped()
    rows: list[tuple[object, ...]] = []
    with open_sources(Settings()) as sources:

        def run(start: float, seconds: float) -> None:
            clock = Time(start + seconds)
            clock.now = start
            facts = partial(describe, float(chosen.interval))
            Agent(sources, outlet, facts, chosen.interval, clock.waits(), clock.read).run()
            gc.collect()

        run(0, 100 * chosen.interval)  # what is made once is made now: not growth
        first = resident_megabytes(os.getpid())
        rows.append(("start", outlet.messages, first, 0.0))
        for day in range(1, chosen.days + 1):
            started = time.monotonic()
            run(day * DAY_SECONDS, DAY_SECONDS)
            rows.append(
                (f"day {day}", outlet.messages, resident_megabytes(os.getpid()), time.monotonic() - started)
            )
    print_table(
        f"{chosen.days} days of ticks at {chosen.interval} s",
        ("", "readings", "MB resident", "seconds it took"),
        rows,
    )
    grown = resident_megabytes(os.getpid()) - first
    print(f"\n  grown by {grown:.2f} MB (allowed: {ALLOWED_MEGABYTES:.0f} MB)")
    if grown > ALLOWED_MEGABYTES:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
