"""Writing a batch in which something may be bad, without losing what is good in it."""

from __future__ import annotations

from typing import NamedTuple

from perfwatch.errors import BadPoints, PartialWrite
from perfwatch.history.store import HistoryStore, Point


class Written(NamedTuple):
    """How many numbers are in the store, and a sentence for each point that it refused for good."""

    numbers: int
    refused: list[str]


def write(store: HistoryStore, points: list[Point]) -> Written:
    """Write `points`, all but those that the store refuses. Raises StoreError when it is away.

    A store that refuses a whole batch is asked with halves of it, down to the bad point.
    """
    try:
        return Written(store.write(points), [])
    except PartialWrite as exc:
        numbers = sum(len(point.fields) for point in points)
        return Written(max(0, numbers - len(exc.refused)), exc.refused)
    except BadPoints as exc:
        if len(points) < 2:
            return Written(0, [f"{_name(point)}: {exc}" for point in points])
        half = len(points) // 2
        first, second = write(store, points[:half]), write(store, points[half:])
        return Written(first.numbers + second.numbers, first.refused + second.refused)


def _name(point: Point) -> str:
    part = f" {point.tag} {point.part!r}" if point.tag else ""
    return f"{point.metric} of {point.host}{part} at {point.time}"
