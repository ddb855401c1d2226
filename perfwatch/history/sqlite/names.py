"""What series are called in the file, and how a writer remembers it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from struct import Struct, pack
from typing import NamedTuple, TypeAlias

from perfwatch.history.sqlite import tail
from perfwatch.history.store import Layout, Numbers, Point, Series

_FIND_TOPIC = "SELECT id FROM topics WHERE metric = ? AND host = ?"
_ADD_TOPIC = "INSERT INTO topics (metric, host) VALUES (?, ?) RETURNING id"
_FIND = "SELECT id FROM series WHERE topic = ? AND tag = ? AND part = ? AND field = ?"
_ADD = "INSERT INTO series (topic, tag, part, field) VALUES (?, ?, ?, ?) RETURNING id"
_NAMED = """
SELECT series.id, topic, raw_from FROM topics JOIN series ON topic = topics.id
WHERE metric = ? AND host = ? AND tag = ? AND part = ? AND field = ?"""
_ALL = """
SELECT metric, host, tag, part, field FROM topics JOIN series ON topic = topics.id
WHERE metric = coalesce(?, metric) AND host = coalesce(?, host)
ORDER BY metric, host, tag, part, field"""

_Key: TypeAlias = tuple[object, ...]


def _message(one: Point | Numbers) -> tuple[str, str, int] | None:
    """What points of one message have in common; None of what is a message."""
    return (one.metric, one.host, one.time) if isinstance(one, Point) else None


class Placed(NamedTuple):
    """Where the numbers of one layout go, and what packs them."""

    layout: Layout
    topic: int
    head: bytes
    pack: Callable[..., bytes]


class Known(NamedTuple):
    """A series in the file; its raw readings begin at `raw_from` (ms)."""

    id: int
    topic: int
    raw_from: int


def known(db: sqlite3.Connection, series: Series) -> Known | None:
    found = db.execute(_NAMED, series).fetchone()
    return Known(*found) if found else None


def named(db: sqlite3.Connection, metric: str | None, host: str | None) -> list[Series]:
    """Every series, sorted; only those of `metric` and `host` when given."""
    return list(map(Series._make, db.execute(_ALL, (metric, host))))


class Names:
    """Gives what is written its ids. Knows ids until it is told to `forget` them."""

    def __init__(self) -> None:
        self._ids: dict[_Key, int] = {}
        self._layouts: dict[tuple[str, str], Placed] = {}

    def forget(self) -> None:
        self._ids.clear()
        self._layouts.clear()

    def messages(self, db: sqlite3.Connection, taken: Iterable[Point | Numbers]) -> Iterator[tail.Message]:
        """Adds series that are new. Points of one message follow each other."""
        for whose, group in groupby(taken, _message):
            if whose is None:
                yield from (self._of_layout(db, one) for one in group if isinstance(one, Numbers))
            else:
                yield self._of_points(db, whose, [one for one in group if isinstance(one, Point)])

    def _of_layout(self, db: sqlite3.Connection, one: Numbers) -> tail.Message:
        placed = self._layouts.get(one.layout.whose)
        if placed is None or placed.layout is not one.layout:
            placed = self._layouts[one.layout.whose] = self._placed(db, one.layout)
        host = one.layout.whose[1]
        return tail.Message(host, one.time, placed.topic, placed.head, placed.pack(*one.values))

    def _of_points(
        self, db: sqlite3.Connection, whose: tuple[str, str, int], points: list[Point]
    ) -> tail.Message:
        metric, host, time = whose
        topic = self._topic(db, metric, host)
        names = [(one.tag, one.part, field) for one in points for field in one.fields]
        numbers = [value for one in points for value in one.fields.values()]
        head = tail.head([self._series(db, topic, *name) for name in names])
        return tail.Message(host, time, topic, head, pack(f"<{len(numbers)}d", *numbers))

    def _placed(self, db: sqlite3.Connection, layout: Layout) -> Placed:
        topic = self._topic(db, *layout.whose)
        names = [(part.tag, part.name, field) for part in layout.parts for field in part.fields]
        head = tail.head([self._series(db, topic, *name) for name in names])
        return Placed(layout, topic, head, Struct(f"<{len(names)}d").pack)

    def _topic(self, db: sqlite3.Connection, metric: str, host: str) -> int:
        return self._id(db, _FIND_TOPIC, _ADD_TOPIC, (metric, host))

    def _series(self, db: sqlite3.Connection, topic: int, tag: str, part: str, field: str) -> int:
        return self._id(db, _FIND, _ADD, (topic, tag, part, field))

    def _id(self, db: sqlite3.Connection, find: str, add: str, key: Iterable[object]) -> int:
        key = tuple(key)
        if key not in self._ids:
            row = db.execute(find, key).fetchone() or db.execute(add, key).fetchone()
            self._ids[key] = row[0]
        return self._ids[key]
