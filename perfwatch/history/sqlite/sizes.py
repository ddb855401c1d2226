"""What the history holds, and how far it is with what an earlier layout left behind."""

from __future__ import annotations

import sqlite3
from typing import TypeAlias

from perfwatch.history.rollup import HOUR, MINUTE, NAMES, RAW
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
    return _around(_chunk_ends(db, "chunks"), tail.ends(db), _chunk_ends(db, "minutes"), _old_ends(db))


def tiers(db: sqlite3.Connection) -> list[Tier]:
    """What each tier holds, counted row by row."""
    raw = _number(db, "SELECT sum(count) FROM chunks") + tail.numbers(db)
    minutes, hours = (
        _number(db, "SELECT sum(count) FROM minutes"),
        _number(db, "SELECT count(*) FROM minutes"),
    )
    rolled = _chunk_ends(db, "minutes")
    old = dict.fromkeys(NAMES, 0) if state.read(db).moving_from is None else migrate.rows(db)
    return [
        Tier(NAMES[RAW], raw + old[RAW], *_around(_chunk_ends(db, "chunks"), tail.ends(db))),
        Tier(NAMES[MINUTE], minutes + old[MINUTE], *rolled),
        Tier(
            NAMES[HOUR], hours + old[HOUR], *(None if end is None else end // HOUR * HOUR for end in rolled)
        ),
    ]


def moved(db: sqlite3.Connection) -> float | None:
    """How much of the time that an earlier layout had has been moved, from 0 to 1; None when nothing is left."""
    began, left = state.read(db).moving_from, _old_ends(db)
    if began is None or left[0] is None or left[1] is None:
        return None
    return (left[0] - began) / max(1, left[1] - began)


def _number(db: sqlite3.Connection, sql: str) -> int:
    return db.execute(sql).fetchone()[0] or 0


def _chunk_ends(db: sqlite3.Connection, table: str) -> _Ends:
    first, last = (db.execute(sql.format(table=table, hour=HOUR)).fetchone()[0] for sql in (_FIRST, _LAST))
    return first, last


def _old_ends(db: sqlite3.Connection) -> _Ends:
    if state.read(db).moving_from is None:
        return None, None
    return migrate.ends(db) or (None, None)


def _around(*spans: _Ends) -> _Ends:
    firsts, lasts = zip(*spans, strict=True)
    return (
        min((end for end in firsts if end is not None), default=None),
        max((end for end in lasts if end is not None), default=None),
    )
