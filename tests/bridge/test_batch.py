"""When a batch is full, and when it is due."""

from __future__ import annotations

from bridge.batch import Batch
from perfwatch.history.store import Point

POINT = Point("cpu", "nas", "", "", 0, {"user": 1.0})


def test_messages_and_points_stay_in_order() -> None:
    batch: Batch[str] = Batch()
    batch.add("first", [POINT, POINT], 0.0)
    batch.add("no reading", None, 0.0)
    batch.add("nothing read", [], 0.0)
    assert batch.messages == ["first", "no reading", "nothing read"]
    assert batch.points == [POINT, POINT]
    assert batch.readings == 2


def test_it_is_due_at_once_when_it_is_full() -> None:
    batch: Batch[str] = Batch(limit=2, seconds=10)
    batch.add("first", [], 100.0)
    assert (batch.full, batch.left(100.0)) == (False, 10.0)
    batch.add("second", [], 100.0)
    assert (batch.full, batch.left(100.0)) == (True, 0.0)


def test_its_age_is_that_of_its_first_message() -> None:
    batch: Batch[str] = Batch(limit=10, seconds=10)
    batch.add("first", [], 100.0)
    batch.add("second", [], 108.0)
    assert batch.left(109.0) == 1.0
    assert batch.left(111.0) == 0.0
