"""Random histories beside a naive one: written late, folded, thinned, cut, and ended in the middle of it."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from perfwatch.history.rollup import HOUR, MINUTE, NEVER, floor
from perfwatch.history.sqlite import tail, upkeep
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point, Series, Work
from tests.perfwatch.history.sqlite.model import Model
from tests.perfwatch.history.sqlite.old_layout import OldHistory

NOON = 1_795_435_200_000
HOURS = 30
STEPS = 12
SEEDS = range(int(os.environ.get("PERFWATCH_TEST_HISTORIES", "8")))

NAMES = [
    *[
        Series("cpu", host, "core", str(core), "usage_percent")
        for host in ("nas", "desk")
        for core in range(3)
    ],
    *[Series("memory", "nas", "", "", field) for field in ("used", "free")],
]
INTERVALS = [
    1,
    1000,
    7000,
    MINUTE,
    90_000,
    288_000,
    6 * MINUTE,
    30 * MINUTE,
    HOUR,
    144 * MINUTE,
    3 * HOUR,
    24 * HOUR,
]


class History:
    """A store and its model, which are asked to do the same."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        self.path = path
        self.chance = chance
        self.model = Model()
        self.now = NOON
        if chance.random() < 0.4:
            self._begin_in_old_layout()
        self.store = SqliteStore(path)
        self.asked = 0

    def step(self) -> None:
        work = self.chance.choice(
            [self.write, self.write, self.late, self.again, self.fold, self.thin, self.forget]
        )
        work()
        if self.chance.random() < 0.3:
            self.store.close()
            self.store = SqliteStore(self.path)
        self.ask_raw()
        self.do("roll_up", self.model.rolled_to)
        assert self.store.series() == self.model.series()
        for _ in range(4):
            self.ask(self.time(), self.time())

    def write(self) -> None:
        length = self.chance.choice([MINUTE, HOUR, 3 * HOUR])
        spacing = self.chance.choice([1000, 5000, 60_000, 333_333])
        times = range(self.now, self.now + length, max(spacing, length // 300))
        self.now += length
        self.keep([point for time in times for point in self.points(time + self.chance.randrange(3))])

    def late(self) -> None:
        self.keep([point for _ in range(self.chance.randrange(60)) for point in self.points(self.time())])

    def again(self) -> None:
        """What a collector sends a second time."""
        if self.model.raw_from:
            return  # where raw readings have gone it counts twice: see docs/history.md
        held = [(s, t, v) for s, values in self.model.raw.items() for t, v in values.items()]
        chosen = self.chance.sample(held, min(len(held), 50))
        self.keep([Point(*s[:4], t, {s.field: v}) for s, t, v in chosen])

    def fold(self) -> None:
        self.do("roll_up", floor(self.time(), HOUR))

    def thin(self) -> None:
        self.do("thin", self.time())

    def forget(self) -> None:
        time = self.time() - self.chance.choice([0, 10, 20]) * HOUR
        self.do("forget", self.chance.choice([time, floor(time, HOUR), floor(time, MINUTE)]))

    def do(self, work: str, time: int) -> None:
        """In steps, ended somewhere and begun again by another process or not."""
        if time != NEVER and self.chance.random() < 0.5:
            list(islice(self.steps(work, time), self.chance.randrange(8)))
            self.store = SqliteStore(self.path)
        list(self.steps(work, time))
        getattr(self.model, work)(time)

    def steps(self, work: str, time: int) -> Iterator[Work]:
        steps: Iterator[Work] = getattr(self.store, work)(time)
        return steps

    def keep(self, points: list[Point]) -> None:
        self.store.write(points)
        self.model.write(points)

    def points(self, time: int) -> list[Point]:
        cores = [s for s in NAMES if s.tag and self.chance.random() < 0.8]
        found = [Point(*s[:4], time, {s.field: self.value()}) for s in cores]
        return [*found, Point("memory", "nas", "", "", time, {"used": self.value(), "free": 4096.0})]

    def value(self) -> float:
        return self.chance.choice([round(self.chance.uniform(0, 100), 2), self.chance.random(), 1e9, -3.0])

    def time(self) -> int:
        return NOON + self.chance.randrange(-HOUR, self.now - NOON + HOUR)

    def ask_raw(self) -> None:
        """What has not been thinned is there at once, whatever upkeep has done of it."""
        start = max([NOON - 2 * HOUR, *self.model.raw_from.values()])
        self.compare(start, start + 3 * HOUR, 1)

    def ask(self, start: int, stop: int) -> None:
        self.compare(start, stop, self.chance.choice(INTERVALS))

    def compare(self, start: int, stop: int, interval: int) -> None:
        chosen = self.chance.sample(NAMES, 3)
        found = self.store.query(chosen, start, stop, interval)
        for series in chosen:
            self.asked += 1
            expected = list(self.model.buckets(series, start, stop, interval))
            told = found[series]
            assert [(b.time, b.min, b.max) for b in told] == [(t, min(v), max(v)) for t, v in expected]
            assert [b.mean for b in told] == pytest.approx([sum(v) / len(v) for _, v in expected])

    def _begin_in_old_layout(self) -> None:
        old = OldHistory(self.path)
        db = old.connect()
        for hour in range(self.chance.randrange(1, 6)):
            times = range(self.now, self.now + HOUR, self.chance.choice([30_000, 400_000]))
            points = [point for time in times for point in self.points(time)]
            old.write(db, points)
            self.model.write(points)
            self.now += HOUR
            if hour and self.chance.random() < 0.5:
                old.roll_up(db, self.now - HOUR)
                self.model.roll_up(self.now - HOUR)
        if self.model.rolled_to != NEVER:
            self._thin_old(old, db, self.model.rolled_to - HOUR)
        db.close()

    def _thin_old(self, old: OldHistory, db: sqlite3.Connection, before: int) -> None:
        """And then what comes too late for it."""
        old.thin(db, before)
        self.model.thin(before)
        self.model.raw_from |= dict.fromkeys(self.model.raw_from, before)
        late = self.points(self.chance.randrange(NOON, self.now))
        old.write(db, late)
        self.model.write(late)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_history_says_what_the_naive_one_says(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(upkeep, "STEP_SECONDS", chance.choice([0.0, 0.002]))
    monkeypatch.setattr(upkeep, "SERIES_AT_ONCE", chance.choice([1, 8]))
    monkeypatch.setattr(upkeep, "CROWDED_BYTES", chance.choice([500, 10**8]))
    monkeypatch.setattr(tail, "TICKS_TAKEN", chance.choice([5, 2000]))
    monkeypatch.setattr(tail, "MANY", chance.choice([50, 10_000]))
    history = History(tmp_path / "history.db", chance)
    for _ in range(STEPS):
        history.step()
    assert history.asked > 50
