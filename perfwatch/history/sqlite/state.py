"""What the history notes of itself."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from perfwatch.history.rollup import NEVER


class State(NamedTuple):
    """Whole rollups end at `rolled_to` (ms); it was begun `claims` times to fold the tail.

    `moving_from` is the oldest time that a history of before had, while it is brought forward.
    """

    rolled_to: int = NEVER
    claims: int = 0
    moving_from: int | None = None


def read(db: sqlite3.Connection) -> State:
    return State(**dict(db.execute("SELECT name, value FROM state")))


def write(db: sqlite3.Connection, **noted: int) -> None:
    db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", noted.items())


def claim(db: sqlite3.Connection) -> int:
    """Claim to be the one who folds: the number that `claims` is for as long as nobody else does."""
    claims = read(db).claims + 1
    write(db, claims=claims)
    return claims


def clear(db: sqlite3.Connection, name: str) -> None:
    db.execute("DELETE FROM state WHERE name = ?", (name,))
