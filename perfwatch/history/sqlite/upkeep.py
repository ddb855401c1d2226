"""Looks after the history in small steps, each a transaction: writers are let in between two."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import count
from typing import TypeAlias

from perfwatch.history.rollup import HOUR, MINUTE, floor, total
from perfwatch.history.sqlite import fold, keys, migrate, retention, state, tail
from perfwatch.history.sqlite.fold import Done
from perfwatch.history.store import Work

# A step does one small work after another for so long: other writers wait for one step. Short enough
# that on a busy machine it is seldom put aside in its middle.
STEP_SECONDS = 0.002
# Each commit writes the last page of every table, so it is to have some series; about a millisecond each.
SERIES_AT_ONCE = 8
ROWS_REMOVED = 50

# What so many steps have changed is brought into the main file by them: left alone, it would grow until
# some writer's commit has to do it all.
CHECKPOINT_STEPS = 20

# A question about the last hour goes through all of the tail. With more bytes than this the hour is folded
# before it is over, up to the last whole CROWDED_MS that only late readings can come to.
CROWDED_BYTES = 16_000_000
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
        # Whoever else folds does the rest too.
        if (yield from self._fold(until, until)):
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
        while not (yield from self._fold(before, rolled_to)):
            pass
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
            crowded = tail.size(db) > CROWDED_BYTES
            until = floor(tail.newest(db) - GRACE_MS, CROWDED_MS)
            rolled_to = state.read(db).rolled_to
        if crowded:
            yield from self._fold(until, rolled_to)

    def _fold(self, until: int, closed: int) -> Generator[Work, None, bool]:
        """Bring what is older than `until` (ms) from the tail into chunks; hours end at `closed`.

        Returns whether it was brought to its end: when somebody else begins to fold, this one stops.
        """
        claim = None
        while True:
            with self._reader() as db:
                slot = tail.oldest_slot(db, until)
            if slot is None:
                return True
            if claim is None:
                with self._transaction("NORMAL") as db:
                    claim = state.claim(db)
                # What was found before belongs to whoever claimed it then.
                continue
            folding = Folding(slot, closed, claim)
            for topics in slot.topics:
                with self._reader() as db:
                    folding.add(tail.taken(db, slot.hour, slot.stop, topics))
                yield from self._steps(folding.next)
            yield from self._steps(folding.removal())
            if folding.disturbed:
                return False

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

    Rows are never changed, so what was taken is what is in them. But while another folds, what this one took
    may be older than what is in the chunks by now: whoever claimed it last goes on alone.
    """

    def __init__(self, slot: tail.Slot, closed: int, claim: int) -> None:
        self._hour = slot.hour
        self._closed = closed
        self._claim = claim
        self._left: tail.Taken = {}
        self._rows = slot.rows[::-1]
        self.disturbed = False

    def add(self, taken: tail.Taken) -> None:
        self._left = dict(sorted(taken.items(), reverse=True))

    def next(self, db: sqlite3.Connection) -> Done:
        if not self._left or not self._is_alone(db):
            return fold.NOTHING
        chosen = [self._left.popitem() for _ in range(min(len(self._left), SERIES_AT_ONCE))]
        works = [
            fold.keep(db, keys.series_of(key), self._hour, tail.merged(runs), self._closed)
            for key, runs in chosen
        ]
        return Done(total(works), more=bool(self._left))

    def removal(self) -> _Work:
        """The steps that remove the rows, oldest first."""
        return self._remove

    def _remove(self, db: sqlite3.Connection) -> Done:
        if not self._rows or not self._is_alone(db):
            return fold.NOTHING
        tail.remove(db, self._rows[-ROWS_REMOVED:])
        del self._rows[-ROWS_REMOVED:]
        return Done(Work(), more=bool(self._rows))

    def _is_alone(self, db: sqlite3.Connection) -> bool:
        self.disturbed = self.disturbed or state.read(db).claims != self._claim
        return not self.disturbed


def _some(db: sqlite3.Connection, work: _Work) -> Done:
    """Work for STEP_SECONDS."""
    began, done = time.monotonic(), Work()
    while True:
        step = work(db)
        done = total((done, step.work))
        if not step.more or time.monotonic() - began >= STEP_SECONDS:
            return Done(done, step.more)
