"""What the history holds, and how far it is with what an earlier layout left behind."""

from __future__ import annotations

import sqlite3
from typing import TypeAlias

from perfwatch.history.rollup import HOUR, MINUTE, NAMES, RAW, floor
from perfwatch.history.sqlite import migrate, state, tail
from perfwatch.history.store import Tier

_Ends: TypeAlias = tuple[int | None, int | None]

# Of the first and of the last hour that has something; the keys are those of `keys`.
_FIRST = """
SELECT min((id >> 32) * {hour} + first) FROM {table}
WHERE id < ((SELECT min(id) FROM {table}) >> 32) + 1 << 32"""
_LAST = """
SELECT max((id >> 32) * {hour} + last) FROM {table} WHERE id >= (SELECT max(id) FROM {table}) >> 32 << 32"""


def ends(db: sqlite3.Connection) -> _Ends:
    """The oldest and newest time (ms) of any tier."""
    return _around(_raw_ends(db), _rolled_ends(db))


def tiers(db: sqlite3.Connection) -> list[Tier]:
    """What each tier holds, counted row by row."""
    raw = _number(db, "SELECT sum(count) FROM chunks") + tail.numbers(db)
    minutes, hours = (
        _number(db, "SELECT sum(count) FROM minutes"),
        _number(db, "SELECT count(*) FROM minutes"),
    )
    old = migrate.rows(db) if _is_moving(db) else dict.fromkeys(NAMES, 0)
    rolled = _rolled_ends(db)
    return [
        Tier(NAMES[RAW], raw + old[RAW], *_raw_ends(db)),
        Tier(NAMES[MINUTE], minutes + old[MINUTE], *rolled),
        Tier(NAMES[HOUR], hours + old[HOUR], *(None if end is None else floor(end, HOUR) for end in rolled)),
    ]


def moved(db: sqlite3.Connection) -> float | None:
    """How much of the time of an earlier layout has been moved, from 0 to 1; None when all of it has."""
    began = state.read(db).moving_from
    if began is None:
        return None
    oldest, newest = _around(*migrate.ends(db).values())
    return 1.0 if oldest is None or newest is None else (oldest - began) / max(1, newest - began)


def _is_moving(db: sqlite3.Connection) -> bool:
    return state.read(db).moving_from is not None


def _raw_ends(db: sqlite3.Connection) -> _Ends:
    old = migrate.ends(db)[RAW] if _is_moving(db) else (None, None)
    return _around(_chunk_ends(db, "chunks"), tail.ends(db), old)


def _rolled_ends(db: sqlite3.Connection) -> _Ends:
    old = migrate.ends(db)[MINUTE] if _is_moving(db) else (None, None)
    return _around(_chunk_ends(db, "minutes"), old)


def _number(db: sqlite3.Connection, sql: str) -> int:
    return db.execute(sql).fetchone()[0] or 0


def _chunk_ends(db: sqlite3.Connection, table: str) -> _Ends:
    first, last = (db.execute(sql.format(table=table, hour=HOUR)).fetchone()[0] for sql in (_FIRST, _LAST))
    return first, last


def _around(*spans: _Ends) -> _Ends:
    firsts, lasts = zip(*spans, strict=True)
    return (
        min((end for end in firsts if end is not None), default=None),
        max((end for end in lasts if end is not None), default=None),
    )
