"""Rollups and retention in InfluxDB: what one step of upkeep does.

Everything may be done twice, by several processes at once too, and gives the same rows: rollups are made
anew from all raw readings of an hour and written over those that are there. What comes into an hour after
it was thinned makes rollups beside those, from all that ever came so; it stays until it is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from perfwatch.errors import Unsupported
from perfwatch.history.influx.buckets import Stretch
from perfwatch.history.influx.database import Database
from perfwatch.history.influx.fold import BASE, LATE, Table, coarser, kept, lines, minutes, numbers, readings
from perfwatch.history.influx.line_protocol import plain
from perfwatch.history.influx.notes import Notes, Reach
from perfwatch.history.influx.query import (
    EARLIEST,
    LATEST,
    ROLLUP,
    Place,
    between,
    end,
    measurement,
    name,
    read_times,
    text,
)
from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, MINUTE, floor
from perfwatch.history.store import SHOWN, Work

# Lines of one request: more of them cost a server no less each.
LINES_AT_ONCE = 5000

# Every field of a rollup has its count.
COUNTS = "/^count_/"
_BASE_ONLY = f" AND {name(ROLLUP)} = {text(BASE)}"


class Rollups:
    """Upkeep of one database. Steps read and write about an hour of one host, or remove a day."""

    def __init__(self, database: Database, notes: Notes) -> None:
        self._database = database
        self._notes = notes
        self._thinned = self._forgotten = EARLIEST
        self._refused: list[str] = []

    def roll_up(self, until: int) -> Iterator[Work]:
        """Raises PartialWrite at the end when the server did not take some of the rollups."""
        self._check()
        self._refused = []
        until = floor(until, HOUR)
        # Read first: what is noted from here on may be missing in what is read below.
        late, reach = self._notes.late(until), self._finished(self._notes.reach())
        for one in late:
            if one.hour < reach.rolled_to:
                there = self._firsts(self._database.raw, one.hour, one.hour + HOUR)
                yield self._roll(one.host, one.hour, there)
                self._notes.done([one])
        for hour, metrics in self._hours(until):
            for host, some in self._hosts(self._database.raw, hour, metrics).items():
                yield self._roll(host, hour, some)
            self._notes.advance(rolled_to=hour + HOUR)
        if reach.rolled_to < until:
            self._notes.advance(rolled_to=until)
            self._notes.done([one for one in late if one.hour >= reach.rolled_to])
        if self._refused:
            raise self._database.kept_others(self._refused)

    def thin(self, before: int) -> Iterator[Work]:
        self._check()
        self._database.ways().allow_deletion(self._database.raw)
        reach = self._finished(self._notes.reach())
        late = [one.hour for one in self._notes.late(reach.rolled_to) if one.hour >= reach.raw_from]
        cut = min([floor(before, HOUR), reach.rolled_to, *late])
        if self._is_done(cut, self._thinned):
            return
        start = reach.raw_from
        while (first := self._first(start, cut, self._database.raw)) is not None:
            stop = min(floor(first, DAY_MS) + DAY_MS, cut)
            counted = self._sum_of_counts(floor(first, HOUR), stop)
            # Told before it is done, so that who asks meanwhile is answered by minutes.
            self._notes.advance(raw_from=stop)
            self._finished(Reach(reach.rolled_to, stop, start))
            yield Work(raw=counted)
            start = stop
        self._thinned = cut

    def forget(self, before: int) -> Iterator[Work]:
        self._check()
        self._database.ways().allow_deletion(self._database.raw)
        if self._is_done(before, self._forgotten):
            return
        hour, tiers = floor(before, HOUR), (self._database.minutes, self._database.hours)
        start = EARLIEST
        while (first := self._first(start, hour, self._database.raw, *tiers)) is not None:
            stop = min(floor(first, DAY_MS) + DAY_MS, hour)
            raw = self.count(self._database.raw, "*", first, stop)
            rolled = sum(self.count(tier, COUNTS, floor(first, HOUR), stop) for tier in tiers)
            self._database.ways().delete([self._database.raw], EARLIEST, stop)
            self._database.ways().delete(tiers, EARLIEST, stop)
            yield Work(raw=raw, rollups=rolled)
            start = stop
        if before > hour:
            yield from self._cut(hour, before)
        self._forgotten = before

    def _check(self) -> None:
        if not self._database.ways().answers:
            raise Unsupported(
                f"The server at {self._database.url} does not answer InfluxQL, so PerfWatch makes no rollups"
                " there and removes nothing: give it a retention period of its own (docs/influxdb.md)"
            )

    def _is_done(self, before: int, done: int) -> bool:
        """To look for the oldest costs a server with many hosts seconds, and upkeep asks each minute."""
        return before == done and not self._notes.any_before(before)

    def _finished(self, reach: Reach) -> Reach:
        """Remove what a thinning has announced; that may have been interrupted."""
        if reach.thinned_to < reach.raw_from:
            start = max(reach.thinned_to, EARLIEST)
            self._database.ways().delete([self._database.raw], start, reach.raw_from)
            self._notes.advance(thinned_to=reach.raw_from)
        return reach

    def _roll(self, host: str, hour: int, metrics: Iterable[str]) -> Work:
        """Make the rollups of that hour anew from its raw readings."""
        # Asked each time: another process may have thinned meanwhile.
        rollup = LATE if hour < self._notes.reach().raw_from else BASE
        asked = [readings(self._database.raw, metric, host, hour, hour + HOUR) for metric in metrics]
        made = [table for result in self._database.ask(asked) for table in minutes(result, MINUTE)]
        self._write(self._database.minutes, lines(made, rollup))
        self._write_hours(made, rollup)
        return Work(rolled_up=numbers(made))

    def _write_hours(self, made: Iterable[Table], rollup: str) -> None:
        self._write(self._database.hours, lines((coarser(table, HOUR) for table in made), rollup))

    def _write(self, place: Place, made: Iterator[str]) -> None:
        while some := list(islice(made, LINES_AT_ONCE)):
            refused = self._database.write_most(place, [line.encode() for line in some])
            self._refused += [f"{_table_of(some[line])}: {reason}" for line, reason in refused]

    def _hours(self, until: int) -> Iterator[tuple[int, list[str]]]:
        """The hours that nobody has rolled up yet, each with the metrics that it has."""
        while firsts := self._firsts(self._database.raw, self._notes.reach().rolled_to, until):
            hour = floor(min(firsts.values()), HOUR)
            yield hour, [metric for metric, first in firsts.items() if first < hour + HOUR]

    def _firsts(self, place: Place, start: int, stop: int) -> dict[str, int]:
        """The first time of each metric in that stretch of a tier."""
        if start >= stop:
            return {}
        metrics = self._database.metrics(place)
        for stretch in self._database.stretches(place, Stretch(start, stop)):
            results = self._database.ask([end(place, metric, "ASC", *stretch) for metric in metrics])
            found = zip(metrics, map(read_times, ([result] for result in results)), strict=True)
            if firsts := {metric: times[0] for metric, times in found if times}:
                return firsts
        return {}

    def _first(self, start: int, stop: int, *places: Place) -> int | None:
        firsts = [self._firsts(place, start, stop) for place in places]
        return min((first for found in firsts for first in found.values()), default=None)

    def _hosts(self, place: Place, hour: int, metrics: Iterable[str]) -> dict[str, list[str]]:
        """The hosts that have something in that hour, and which of those metrics each has."""
        # Any row: the last value of each field takes a server of a thousand hosts three times as long.
        by = f"WHERE {between(hour, hour + HOUR)} GROUP BY {name('host')} LIMIT 1"
        asked = {metric: f"SELECT * FROM {measurement(place, metric)} {by}" for metric in metrics}
        found: dict[str, list[str]] = {}
        for metric, result in zip(asked, self._database.ask(list(asked.values())), strict=True):
            for rows in result.series:
                if host := plain(rows.tags.get("host", "")):
                    found.setdefault(host, []).append(metric)
        return found

    def _all_hosts(self, place: Place, hour: int) -> dict[str, list[str]]:
        return self._hosts(place, hour, self._firsts(place, hour, hour + HOUR))

    def count(self, place: Place, columns: str, start: int = EARLIEST, stop: int = LATEST) -> int:
        """The values of those columns in that stretch of a tier."""
        return sum(
            self._total(f"SELECT count({columns}) FROM {measurement(place)} WHERE {between(*stretch)}")
            for stretch in self._database.stretches(place, Stretch(start, stop))
        )

    def _sum_of_counts(self, start: int, stop: int) -> int:
        """How many raw readings those whole hours had when they were rolled up: soon told."""
        source = f"{measurement(self._database.hours)} WHERE {between(start, stop)}{_BASE_ONLY}"
        return self._total(f"SELECT sum({COUNTS}) FROM {source}")

    def _total(self, statement: str) -> int:
        [result] = self._database.ask([statement])
        return sum(round(sum(filter(None, row[1:]))) for rows in result.series for row in rows.values)

    def _cut(self, hour: int, before: int) -> Iterator[Work]:
        """Remove the beginning of an hour, and make the rollups of its rest anew."""
        reach, tiers = self._notes.reach(), (self._database.minutes, self._database.hours)
        raw, whole = self.count(self._database.raw, "*", hour, before), floor(before, MINUTE)
        rolled = self.count(self._database.minutes, COUNTS, hour, whole) if hour < reach.rolled_to else 0
        if not raw and not rolled:
            return
        self._database.ways().delete([self._database.raw], hour, before)
        if hour < reach.raw_from:
            hosts = self._all_hosts(self._database.minutes, hour)
            self._database.ways().delete(tiers, hour, whole)
            self._hour_again(hour, hosts)
        elif hour < reach.rolled_to:
            self._database.ways().delete(tiers, hour, -floor(-before, MINUTE))
            for host, metrics in self._all_hosts(self._database.raw, hour).items():
                self._roll(host, hour, metrics)
        yield Work(raw=raw, rollups=rolled)

    def _hour_again(self, hour: int, hosts: dict[str, list[str]]) -> None:
        for host, metrics in hosts.items():
            asked = [readings(self._database.minutes, metric, host, hour, hour + HOUR) for metric in metrics]
            results = self._database.ask(asked)
            for rollup in (BASE, LATE):
                self._write_hours([table for one in results for table in kept(one, rollup)], rollup)


def _table_of(line: str) -> str:
    """The measurement and tags of a line, which many of the refused may have in common."""
    return re.split(r"(?<!\\) ", line, maxsplit=1)[0][:SHOWN]
