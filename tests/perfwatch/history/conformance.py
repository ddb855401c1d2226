"""Points for any history store, names that are hard to keep, and all that a store has."""

from __future__ import annotations

from perfwatch.history.store import HistoryStore, Point, Series
from tests.days import NOON_MS as NOON

MINUTE = 60_000
HOUR = 60 * MINUTE
USER = Series("cpu", "nas", "", "", "user")


def point(time: int, value: float, host: str = "nas") -> Point:
    return Point("cpu", host, "", "", time, {"user": value})


def raw(store: HistoryStore, series: Series = USER) -> list[tuple[int, float]]:
    """Everything that the store has of a series around noon, point by point."""
    found = store.query([series], NOON - HOUR, NOON + 24 * HOUR, 1)[series]
    assert all(bucket.min == bucket.mean == bucket.max for bucket in found)
    return [(bucket.time, bucket.mean) for bucket in found]


HOSTILE = [
    "with space",
    "a,b",
    'say "hi"',
    "it's",
    "a=b",
    "back\\slash",
    "two\nlines",
    "größe ✓ 🙂",
    "$__x;--",
    "end\\",
]
