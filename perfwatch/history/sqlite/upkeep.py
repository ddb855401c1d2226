"""Looks after the history in small steps, each a transaction: writers are let in between two."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import count
from typing import TypeAlias

from perfwatch.history.rollup import HOUR, MINUTE, floor, total
from perfwatch.history.sqlite import fold, migrate, retention, state, tail
from perfwatch.history.sqlite.fold import Done
from perfwatch.history.store import Work

# A step does one small work after another for so long: other writers wait for one step. Short enough
# that on a busy machine it is seldom put aside in its middle.
STEP_SECONDS = 0.002
# What so many steps have changed is brought into the main file by them: left alone, it would grow until
# some writer's commit has to do it all.
CHECKPOINT_STEPS = 20

# A question about the last hour reads all of the tail. With more rows than this the hour is folded before it
# is over, up to the last whole CROWDED_MS that only late readings can come to.
CROWDED_ROWS = 60_000
CROWDED_MS = 10 * MINUTE
GRACE_MS = 5 * MINUTE

_Transaction: TypeAlias = Callable[[str], AbstractContextManager[sqlite3.Connection]]
_Reader: TypeAlias = Callable[[], AbstractContextManager[sqlite3.Connection]]
_Work: TypeAlias = Callable[[sqlite3.Connection], Done]


class Upkeep:
    """The upkeep of a TieredStore. Whatever it does finishes the move of an older history first."""

    def __init__(self, transaction: _Transaction, reader: _Reader, checkpoint: Callable[[], None]) -> None:
        self._transaction = transaction
        self._reader = reader
        self._checkpoint = checkpoint

    def roll_up(self, until: int) -> Iterator[Work]:
        yield from self._move()
        until = floor(until, HOUR)
        yield from self._fold(until, until)
        yield from self._steps(fold.Marked(until).next)
        yield from self._steps(partial(fold.close_hours, until=until))
        yield from self._fold_crowded()

    def thin(self, before: int) -> Iterator[Work]:
        yield from self._move()
        yield from self._steps(partial(retention.thin, before=before))

    def forget(self, before: int) -> Iterator[Work]:
        yield from self._move()
        with self._reader() as db:
            rolled_to = state.read(db).rolled_to
        yield from self._fold(before, rolled_to)
        yield from self._steps(fold.Marked(rolled_to).next)
        yield from self._steps(partial(retention.forget_hours, before=floor(before, HOUR)))
        yield from self._steps(partial(retention.forget_days, before=before))
        cut = retention.Cut(before)
        yield from self._steps(cut.next_hour)
        yield from self._steps(cut.next_day)

    def _move(self) -> Iterator[Work]:
        while True:
            with self._reader() as db:
                if state.read(db).moving_from is None:
                    return
                move = migrate.Move(db)
            if move.hour is None:
                yield from self._steps(migrate.finish)
            else:
                yield from self._steps(move.next)

    def _fold_crowded(self) -> Iterator[Work]:
        with self._reader() as db:
            crowded = tail.rows(db) > CROWDED_ROWS
            until = floor(tail.newest(db) - GRACE_MS, CROWDED_MS)
            rolled_to = state.read(db).rolled_to
        if crowded:
            yield from self._fold(until, rolled_to)

    def _fold(self, until: int, closed: int) -> Iterator[Work]:
        """Bring what is older than `until` (ms) from the tail into chunks; hours end at `closed`."""
        while True:
            with self._reader() as db:
                slot = tail.oldest_slot(db, until)
                removals = state.read(db).removals
            if slot is None:
                return
            folding = Folding(slot.hour, closed, removals)
            for topics in slot.topics:
                with self._reader() as db:
                    folding.take(*tail.taken(db, slot, topics))
                yield from self._steps(folding.next)
            yield from self._steps(folding.removal())

    def _steps(self, work: _Work) -> Iterator[Work]:
        """Do `work` until it has no more; a step that changed nothing is none."""
        for number in count(1):
            # Without waiting for the disk: what a power cut undoes of it is done again.
            with self._transaction("NORMAL") as db:
                before = db.total_changes
                done = _some(db, work)
                changed = db.total_changes > before
            if number % CHECKPOINT_STEPS == 0:
                self._checkpoint()
            if changed:
                yield done.work
            if not done.more:
                return


class Folding:
    """Brings rows of one hour into chunks, and then removes them.

    Rows are never changed, so what was taken is what is in them; but when somebody else has removed rows
    meanwhile, these may be among them: then nothing is done, and they are taken again.
    """

    def __init__(self, hour: int, closed: int, removals: int) -> None:
        self._hour = hour
        self._closed = closed
        self._removals = removals
        self._left: dict[int, dict[int, float]] = {}
        self._rows: list[int] = []

    def take(self, values: dict[int, dict[int, float]], rows: list[int]) -> None:
        self._left = dict(sorted(values.items(), reverse=True))
        self._rows += rows

    def next(self, db: sqlite3.Connection) -> Done:
        if not self._left or self._disturbed(db):
            return fold.NOTHING
        series, values = self._left.popitem()
        work = fold.keep(db, series, self._hour, values, self._closed)
        return Done(work, more=bool(self._left))

    def removal(self) -> _Work:
        """The steps that remove the rows, oldest first."""
        self._rows.sort(reverse=True)
        return self._remove

    def _remove(self, db: sqlite3.Connection) -> Done:
        if not self._rows or self._disturbed(db):
            return fold.NOTHING
        tail.remove(db, self._rows[-tail.ROWS_AT_ONCE :])
        del self._rows[-tail.ROWS_AT_ONCE :]
        self._removals += 1
        state.write(db, removals=self._removals)
        return Done(Work(), more=bool(self._rows))

    def _disturbed(self, db: sqlite3.Connection) -> bool:
        return state.read(db).removals != self._removals


def _some(db: sqlite3.Connection, work: _Work) -> Done:
    """Work for STEP_SECONDS."""
    began, done = time.monotonic(), Work()
    while True:
        step = work(db)
        done = total((done, step.work))
        if not step.more or time.monotonic() - began >= STEP_SECONDS:
            return Done(done, step.more)
