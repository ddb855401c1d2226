"""Buckets out of chunks, rollups and the tail."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, MINUTE, RAW, SIX_MINUTES, Partial, Slice, combine, plan
from perfwatch.history.sqlite import keys, migrate, rollups, state, tail
from perfwatch.history.sqlite.columns import Columns, Cut, cuts, readings, unpacked_readings, unpacked_rollups
from perfwatch.history.sqlite.names import Known
from perfwatch.history.store import Bucket

# From one period that has something to the next: years of nothing may lie in between.
_CHUNKS = """
WITH RECURSIVE periods (period) AS (
    SELECT min(id) >> 32 FROM {table} WHERE id >= :first AND id < :end
    UNION ALL
    SELECT (SELECT min(id) >> 32 FROM {table} WHERE id >= (period + 1) << 32 AND id < :end)
    FROM periods WHERE period IS NOT NULL)
SELECT {table}.id, {column} FROM periods CROSS JOIN json_each(:series) CROSS JOIN {table}
    ON {table}.id = (period << 32) + json_each.value
WHERE period IS NOT NULL"""


class _Source(NamedTuple):
    """Where the chunks of a tier are."""

    statement: str
    period: int
    unpacked: Callable[[bytes], Columns]


def _source(table: str, column: str, period: int, unpacked: Callable[[bytes], Columns]) -> _Source:
    return _Source(_CHUNKS.format(table=table, column=column), period, unpacked)


_SOURCES = {
    RAW: _source("chunks", "columns", HOUR, unpacked_readings),
    MINUTE: _source("minutes", "columns", HOUR, unpacked_rollups),
    SIX_MINUTES: _source("days", "six", DAY_MS, unpacked_rollups),
    HOUR: _source("days", "hours", DAY_MS, unpacked_rollups),
}


def buckets(
    db: sqlite3.Connection, series: Iterable[Known], start: int, stop: int, interval: int
) -> dict[int, list[Bucket]]:
    """Buckets of `interval` ms over start ≤ time < stop (ms), by the id of their series."""
    noted = state.read(db)
    alike: defaultdict[int, list[Known]] = defaultdict(list)
    for one in series:
        alike[one.raw_from].append(one)
    found: defaultdict[int, list[list[Partial]]] = defaultdict(list)
    for raw_from, group in alike.items():
        for part in plan(start, stop, interval, noted.rolled_to, raw_from, rollups.TIERS):
            for number, partials in _partials(db, part, interval, group, noted.moving_from is not None):
                found[number].append(partials)
    for stretches in found.values():
        stretches.sort(key=_begin)  # what was brought from elsewhere comes after the chunks
    return {number: combine(stretches) for number, stretches in found.items()}


def _partials(
    db: sqlite3.Connection, part: Slice, interval: int, group: Sequence[Known], moving: bool
) -> Iterator[tuple[int, list[Partial]]]:
    times: Sequence[int] | None = None
    found: list[Cut] = []
    for one, columns in _columns(db, part, group, moving):
        # The series of one message share their times, and come one after another.
        if columns.times is not times:
            times = columns.times
            found = list(cuts(times, part.start, part.stop, interval))
        if found:
            yield one, list(columns.partials(found))


def _begin(stretch: list[Partial]) -> int:
    return stretch[0].time


def _columns(
    db: sqlite3.Connection, part: Slice, group: Sequence[Known], moving: bool
) -> Iterator[tuple[int, Columns]]:
    """What each series has in a stretch, and at its ends more than that."""
    if part.tier == RAW:
        yield from _readings(db, part, group, moving)
        return
    yield from _chunks(db, part, group)
    if moving:
        for one in group:
            yield one.id, migrate.rolled(db, one.id, part)


def _chunks(db: sqlite3.Connection, part: Slice, group: Sequence[Known]) -> Iterator[tuple[int, Columns]]:
    for key, packed in _packed(db, part, group):
        yield keys.series_of(key), _SOURCES[part.tier].unpacked(packed)


def _packed(db: sqlite3.Connection, part: Slice, group: Sequence[Known]) -> Iterator[tuple[int, bytes]]:
    statement, period, _ = _SOURCES[part.tier]
    first, end = keys.keys(part.start, part.stop, period)
    series = json.dumps([one.id for one in group])
    return db.execute(statement, {"first": first, "end": end, "series": series})


def _readings(
    db: sqlite3.Connection, part: Slice, group: Sequence[Known], moving: bool
) -> Iterator[tuple[int, Columns]]:
    """Chunks, with what is not in them yet: of the same time the tail's is the newer one."""
    loose = _loose(db, part, group, moving)
    for key, packed in _packed(db, part, group):
        held = unpacked_readings(packed)
        newer = loose.pop(key, None)
        yield keys.series_of(key), held if newer is None else held.with_newer(newer)
    for key, values in loose.items():
        yield keys.series_of(key), readings(values)


def _loose(
    db: sqlite3.Connection, part: Slice, group: Sequence[Known], moving: bool
) -> dict[int, dict[int, float]]:
    """What is in no chunk, by the chunk's key and time."""
    found: defaultdict[int, dict[int, float]] = defaultdict(dict)
    if moving:
        for one in group:
            for time, value in migrate.readings(db, one.id, part.start, part.stop):
                found[keys.key(time, one.id)][time] = value
    topics, wanted = tail.of_hosts(db, {one.topic for one in group}), {one.id for one in group}
    for key, runs in tail.taken(db, part.start, part.stop, topics, wanted).items():
        found[key].update(tail.merged(runs))
    return found
