"""A batch in which something is bad."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from bridge.partial import write
from perfwatch.errors import BadPoints, PartialWrite, StoreError
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Layout, Numbers, Part, Point, each_point


def point(number: int) -> Point:
    return Point("cpu", "nas", "core", "1", number, {"usage_percent": float(number), "user": 1.0})


class Picky(SqliteStore):
    """Refuses a batch as a whole when a number of 7 or 11 is in it."""

    def write(self, points: Iterable[Point | Numbers]) -> int:
        taken = list(each_point(points))
        if any(point.time in (7, 11) for point in taken):
            raise BadPoints("the field is of another type")
        return super().write(taken)


class Partial(SqliteStore):
    """Takes all but the first."""

    def write(self, points: Iterable[Point | Numbers]) -> int:
        _, *taken = each_point(points)
        super().write(taken)
        raise PartialWrite("partial write", ["cpu of nas: field is of another type"])


class Away(SqliteStore):
    def write(self, points: Iterable[Point | Numbers]) -> int:
        raise StoreError("no route to host")


def test_of_a_batch_that_is_refused_as_a_whole_only_the_bad_points_are_left_out(tmp_path: Path) -> None:
    with Picky(tmp_path / "history.db") as store:
        written = write(store, [point(number) for number in range(20)])
        assert written.numbers == 36
        assert written.refused == [
            f"cpu of nas core '1' at {number}: the field is of another type" for number in (7, 11)
        ]
        (buckets, _) = store.query(store.series(), 0, 100, 1).values()
        assert [bucket.time for bucket in buckets] == [n for n in range(20) if n not in (7, 11)]


def test_a_bad_number_of_a_reading_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    layout = Layout("cpu", "nas", (Part("", "", ("user", "system")), Part("core", "0", ("usage_percent",))))
    readings = [Numbers(layout, time, [1.0, 2.0, 3.0]) for time in range(5, 9)]
    with Picky(tmp_path / "history.db") as store:
        written = write(store, readings)
        assert (written.numbers, len(written.refused)) == (9, 2)
        found = store.query(store.series(), 0, 9, 1).values()
        assert [[bucket.time for bucket in buckets] for buckets in found] == [[5, 6, 8]] * 3


def test_what_a_store_left_out_by_itself_is_passed_on(tmp_path: Path) -> None:
    with Partial(tmp_path / "history.db") as store:
        written = write(store, [point(number) for number in range(3)])
    assert written == (5, ["cpu of nas: field is of another type"])


def test_a_store_that_is_away_refuses_nothing(tmp_path: Path) -> None:
    with Away(tmp_path / "history.db") as store, pytest.raises(StoreError, match="no route"):
        write(store, [point(1), point(2)])
