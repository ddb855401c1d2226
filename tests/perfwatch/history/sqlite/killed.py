"""A process whose children look after a history, each killed at one more statement than the one before.

    python -m tests.perfwatch.history.sqlite.killed FILE WORK STRIDE

FILE stays as it is; WORK is `roll_up`, `thin` or `forget`. After each kill every raw reading must be there
that the work does not remove, and when the next process has done the work, it must be as if nobody had been
killed. Prints how many were killed, and fails by an assertion.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from itertools import count
from pathlib import Path

from perfwatch.history.rollup import HOUR, MINUTE, total
from perfwatch.history.sqlite import upkeep
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Bucket, Series, Tier

NOON = 1_795_435_200_000
UNTIL = NOON + 3 * HOUR


def main(file: Path, work: str, stride: int) -> None:
    upkeep.STEP_SECONDS = 0.0
    upkeep.SERIES_AT_ONCE = 1
    raw, expected = raw_readings(copied(file, "before")), finished(copied(file, "after"), work)
    for statement in count(1, stride):
        path = copied(file, "killed")
        if not killed_at(statement, path, work):
            break
        assert work != "roll_up" or raw_readings(path) == raw, (
            f"killed at statement {statement}, it lacks readings"
        )
        assert finished(path, work) == expected, f"killed at statement {statement}, it ends up different"
    sys.stdout.write(f"{statement // stride}\n")


def copied(file: Path, name: str) -> Path:
    path = file.with_name(f"{name}.db")
    for left in path.parent.glob(f"{name}.db*"):
        left.unlink()
    shutil.copy(file, path)
    return path


def killed_at(statement: int, path: Path, work: str) -> bool:
    """Have a child do the work; whether it got so far as to be killed."""
    child = os.fork()
    if child == 0:
        with SqliteStore(path) as store:
            kill_at(statement, store)
            total(getattr(store, work)(UNTIL))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"the child ended with {status}"
    return os.WIFSIGNALED(status)


def kill_at(statement: int, store: SqliteStore) -> None:
    left = statement

    def count_down(_: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with store._transaction() as db:
        db.set_trace_callback(count_down)


def raw_readings(path: Path) -> dict[Series, list[Bucket]]:
    """Those of hours that have not been thinned."""
    with SqliteStore(path) as store:
        return store.query(store.series(), NOON + HOUR, UNTIL + HOUR, 1)


def said(path: Path) -> list[dict[Series, list[Bucket]]]:
    with SqliteStore(path) as store:
        return [
            store.query(store.series(), NOON, UNTIL + HOUR, interval)
            for interval in (1, 90_000, MINUTE, HOUR)
        ]


def finished(path: Path, work: str) -> tuple[list[dict[Series, list[Bucket]]], list[Tier]]:
    """What it says in the end, and what it holds."""
    with SqliteStore(path) as store:
        total(getattr(store, work)(UNTIL))
        tiers = store.tiers()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return said(path), tiers


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
