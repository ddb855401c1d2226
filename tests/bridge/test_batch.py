"""When a batch is full, and when it is due."""

from __future__ import annotations

from bridge.batch import Batch
from perfwatch.history.store import Layout, Numbers, Part

LAYOUT = Layout("cpu", "nas", (Part("", "", ("user",)),))
EARLY, LATE, NONE = Numbers(LAYOUT, 1, [1.0]), Numbers(LAYOUT, 2, [2.0]), Numbers(LAYOUT, 3, [])


def test_messages_and_numbers_stay_in_order() -> None:
    batch: Batch[str] = Batch()
    assert batch.add(["first", "no reading"], [LATE, None], 0.0) == 1
    assert batch.add(["nothing read", "last"], [NONE, EARLY], 0.0) == 2
    assert batch.messages == ["first", "no reading", "nothing read", "last"]
    assert batch.taken == [LATE, EARLY]
    assert (batch.readings, batch.newest) == (3, 2)


def test_it_is_due_at_once_when_it_is_full() -> None:
    batch: Batch[str] = Batch(limit=2, seconds=10)
    batch.add(["first"], [None], 100.0)
    assert (batch.full, batch.left(100.0)) == (False, 10.0)
    batch.add(["second"], [None], 100.0)
    assert (batch.full, batch.left(100.0)) == (True, 0.0)


def test_its_age_is_that_of_its_first_message() -> None:
    batch: Batch[str] = Batch(limit=10, seconds=10)
    batch.add(["first"], [None], 100.0)
    batch.add(["second"], [None], 108.0)
    assert batch.left(109.0) == 1.0
    assert batch.left(111.0) == 0.0
