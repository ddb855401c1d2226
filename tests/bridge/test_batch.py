"""What a batch knows of itself."""

from __future__ import annotations

from bridge.batch import Batch
from perfwatch.history.store import Layout, Numbers, Part

LAYOUT = Layout("cpu", "nas", (Part("", "", ("user",)),))


def test_its_newest_reading_may_stand_anywhere_in_it() -> None:
    taken = [Numbers(LAYOUT, time, [1.0]) for time in (1, 3, 2)]
    assert Batch(["a", "b", "c"], taken, 3).newest == 3


def test_without_numbers_there_is_no_newest() -> None:
    assert Batch(["no reading"], [], 0).newest == 0
