"""A history that does what a test wants before it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from perfwatch.errors import StoreError
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Numbers, Point, each_point


class Faulty(SqliteStore):
    """A store whose next writes do what `fault` does before they are made."""

    fault: Callable[[list[Point]], None] | None = None

    def write(self, points: Iterable[Point | Numbers]) -> int:
        taken = list(each_point(points))
        if self.fault is not None:
            self.fault(taken)
        return super().write(taken)


def errs(_points: list[Point]) -> None:
    raise StoreError("503 of this test")
