"""Writing a batch in which something may be bad, without losing what is good in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from perfwatch.errors import BadPoints, PartialWrite
from perfwatch.history.store import HistoryStore, Numbers, Point, count, each_point


class Written(NamedTuple):
    """How many numbers are in the store, and a sentence for each point that it refused for good."""

    numbers: int
    refused: list[str]


def write(store: HistoryStore, points: Sequence[Point | Numbers]) -> Written:
    """Write `points`, all but those that the store refuses. Raises StoreError when it is away.

    A store that refuses a whole batch is asked with halves of it, down to the bad point.
    """
    try:
        return Written(store.write(points), [])
    except PartialWrite as exc:
        return Written(max(0, count(points) - len(exc.refused)), exc.refused)
    except BadPoints as exc:
        singly = list(each_point(points))
        if len(singly) < 2:
            return Written(0, [f"{_name(point)}: {exc}" for point in singly])
        half = len(singly) // 2
        first, second = write(store, singly[:half]), write(store, singly[half:])
        return Written(first.numbers + second.numbers, first.refused + second.refused)


def _name(point: Point) -> str:
    part = f" {point.tag} {point.part!r}" if point.tag else ""
    return f"{point.metric} of {point.host}{part} at {point.time}"
