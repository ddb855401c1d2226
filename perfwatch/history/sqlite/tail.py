"""The tail: the newest readings, one row a message, in the order of their times.

A row is `topic`, `head`, which says whose its numbers are, and the numbers themselves: 8 bytes each. Rows are
added and removed, and never changed: of two of the same time and series the later one counts.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from struct import unpack_from
from typing import NamedTuple

from perfwatch.errors import BadPoints
from perfwatch.history.rollup import HOUR, NEVER, floor
from perfwatch.history.sqlite import keys

# Python's lock is given away and waited for with every statement. One for many rows takes three quarters of
# the time, and beside a busy thread less than half. Any SQLite takes 999 values in a statement.
ROWS_AT_ONCE = 200
_ADD = "INSERT INTO tail (id, topic, head, numbers) VALUES (?, ?, ?, ?)"
_ADD_MANY = _ADD + ", (?, ?, ?, ?)" * (ROWS_AT_ONCE - 1)
_LAST = "SELECT max(id) FROM tail WHERE id >= ? AND id < ?"
_READ = "SELECT id, head, numbers FROM tail WHERE topic BETWEEN ? AND ? AND id >= ? AND id < ? ORDER BY id"
NUMBER_BYTES = 8

# What is held in memory at once while the tail is folded, about: 100 bytes a number.
ROWS_TAKEN = 1000


class Row(NamedTuple):
    """A message's numbers; `time` is in ms."""

    time: int
    topic: int
    head: bytes
    numbers: bytes


def head(series: Sequence[int]) -> bytes:
    """Runs of series, each its first and how many: as a rule one run."""
    runs = array("I")
    for one in series:
        if runs and one == runs[-2] + runs[-1]:
            runs[-1] += 1
        else:
            runs.extend((one, 1))
    return runs.tobytes()


@lru_cache(maxsize=4096)
def series_in(packed: bytes) -> tuple[int, ...]:
    """What `head` was made of."""
    runs = iter(array("I", packed))
    return tuple(
        chain.from_iterable(range(first, first + size) for first, size in zip(runs, runs, strict=True))
    )


def ends(db: sqlite3.Connection) -> tuple[int | None, int | None]:
    """The oldest and newest time in the tail."""
    first, last = (db.execute(f"SELECT {end}(id) FROM tail").fetchone()[0] for end in ("min", "max"))
    return (None, None) if first is None else (keys.time_of_row(first), keys.time_of_row(last))


def newest(db: sqlite3.Connection) -> int:
    """The newest time in the tail, or NEVER."""
    found = ends(db)[1]
    return NEVER if found is None else found


def rows(db: sqlite3.Connection) -> int:
    """How many there are."""
    return int(db.execute("SELECT count(*) FROM tail").fetchone()[0])


def numbers(db: sqlite3.Connection) -> int:
    """How many numbers there are; one that was sent twice is two."""
    return int(db.execute("SELECT total(length(numbers)) FROM tail").fetchone()[0]) // NUMBER_BYTES


def add(db: sqlite3.Connection, rows: Iterable[Row], newest: int) -> list[Row]:
    """Add rows in their order, knowing that the tail has nothing newer than `newest` (ms).

    Returns those that have no place, because their time has all its rows. Raises BadPoints for a time that
    no row can have.
    """
    free: dict[int, int] = {}
    values: list[object] = []
    refused = []
    for one in rows:
        place = free.get(one.time)
        if place is None:
            place = keys.row(one.time) if one.time > newest else _free(db, one.time)
        if one.time not in keys.TIMES:
            raise BadPoints(
                f"The history cannot store a reading of {one.time} ms: that is thousands of years away"
            )
        if place >= keys.row(one.time) + keys.ROWS_OF_A_TIME:
            refused.append(one)
            continue
        values += (place, one.topic, one.head, one.numbers)
        free[one.time] = place + 1
    step = 4 * ROWS_AT_ONCE
    whole = len(values) // step * step
    for at in range(0, whole, step):
        db.execute(_ADD_MANY, values[at : at + step])
    rest = iter(values[whole:])
    db.executemany(_ADD, zip(rest, rest, rest, rest, strict=True))
    return refused


def _free(db: sqlite3.Connection, time: int) -> int:
    last = db.execute(_LAST, (keys.row(time), keys.row(time + 1))).fetchone()[0]
    return keys.row(time) if last is None else int(last) + 1


def values(
    db: sqlite3.Connection, topic: int, wanted: Collection[int], start: int, stop: int
) -> Iterator[tuple[int, int, float]]:
    """(series, time, value) of those series of one topic in start ≤ time < stop, in order of writing."""
    places: dict[bytes, list[tuple[int, int]]] = {}
    for found, packed, numbers in db.execute(_READ, (topic, topic, keys.row(start), keys.row(stop))):
        if packed not in places:
            inside = enumerate(series_in(packed))
            places[packed] = [(one, place * NUMBER_BYTES) for place, one in inside if one in wanted]
        for one, place in places[packed]:
            yield one, keys.time_of_row(found), unpack_from("<d", numbers, place)[0]


class Slot(NamedTuple):
    """The rows of one hour that come before the row `stop`, by ranges of topics to be taken one by one."""

    hour: int
    stop: int
    topics: list[tuple[int, int]]


def oldest_slot(db: sqlite3.Connection, until: int) -> Slot | None:
    """The oldest hour that has rows older than `until` (ms)."""
    first, _ = ends(db)
    if first is None or first >= until:
        return None
    hour = floor(first, HOUR)
    stop = keys.row(min(hour + HOUR, until))
    sql = "SELECT topic, count(*) FROM tail WHERE id < ? GROUP BY topic ORDER BY topic"
    return Slot(hour, stop, list(_ranges(db.execute(sql, (stop,)))))


def _ranges(topics: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges of topics that have no more than ROWS_TAKEN rows, unless one has more by itself."""
    found: list[int] = []
    held = 0
    for topic, size in topics:
        if found and held + size > ROWS_TAKEN:
            yield found[0], found[-1]
            found, held = [], 0
        found.append(topic)
        held += size
    if found:
        yield found[0], found[-1]


def taken(
    db: sqlite3.Connection, slot: Slot, topics: tuple[int, int]
) -> tuple[dict[int, dict[int, float]], list[int]]:
    """The values of each series by time, and the rows that they are from: not all when they are too many."""
    found: defaultdict[int, dict[int, float]] = defaultdict(dict)
    rows = []
    span = (*topics, keys.row(slot.hour), slot.stop)
    for row, packed, numbers in db.execute(f"{_READ} LIMIT {2 * ROWS_TAKEN}", span):
        time = keys.time_of_row(row)
        rows.append(row)
        for one, value in zip(series_in(packed), _unpacked(numbers), strict=True):
            found[one][time] = value
    return found, rows


def series(db: sqlite3.Connection) -> set[int]:
    """Every series that has a number in the tail."""
    heads = db.execute("SELECT DISTINCT head FROM tail").fetchall()
    return set(chain.from_iterable(series_in(packed) for (packed,) in heads))


def remove(db: sqlite3.Connection, rows: Sequence[int]) -> None:
    db.executemany("DELETE FROM tail WHERE id = ?", zip(rows, strict=True))


def _unpacked(numbers: bytes) -> tuple[float, ...]:
    return unpack_from(f"<{len(numbers) // NUMBER_BYTES}d", numbers)
