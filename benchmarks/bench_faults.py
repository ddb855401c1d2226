"""Fault after fault for minutes: what was taken, and what became of it.

    python -m benchmarks.bench_faults [--minutes 2]

Three collectors publish numbered readings all the time, and keep what the broker acknowledged for five
seconds (it saves each second here). Bridge, broker, a collector, the history's lock and all at once take
turns.
"""

from __future__ import annotations

import argparse
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from itertools import cycle
from pathlib import Path

from benchmarks.table import print_table
from tests.faults.field import Field, field


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=2)
    deadline = time.monotonic() + 60 * parser.parse_args().minutes
    faults: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, field(Path(folder), resend=5.0) as one:
        one.start()
        for fault in cycle((bridge, broker, collector, history, everything)):
            one.flow(1000)
            fault(one)
            faults[fault.__name__] += 1
            if time.monotonic() > deadline:
                break
        one.flow(1000)
        seen = one.settle()
    told = ", ".join(f"{name} {times}" for name, times in faults.items())
    print_table(f"Faults: {told}", ("", "sent", "stored", "lost", "doubled"), [("readings", *map(str, seen))])
    if seen.lost or seen.doubled:
        raise SystemExit(1)


def bridge(one: Field) -> None:
    one.bridge.end(signal.SIGKILL)
    one.flow()
    one.bridge.start()


def broker(one: Field) -> None:
    one.broker.kill()
    one.broker.start()


def collector(one: Field) -> None:
    one.kill_collector("pi")
    one.start_collector("pi")


def history(one: Field) -> None:
    path = one.bridge.history.removeprefix("sqlite://")
    with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        one.flow(3000)
        other.execute("ROLLBACK")


def everything(one: Field) -> None:
    one.kill_all()
    one.start_all()


if __name__ == "__main__":
    main()
