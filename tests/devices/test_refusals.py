from __future__ import annotations

from devices.refusals import Refusals


def test_a_flood_is_one_line_with_a_count_and_an_example() -> None:
    refusals = Refusals()
    for place in range(1000):
        refusals.add(f"a/{place}", "it is broken")
    assert refusals.report() == ["1,000 of 'a/0' and others not taken: it is broken"]
    assert refusals.report() == []


def test_many_reasons_are_told_together() -> None:
    refusals = Refusals()
    for place in range(1000):
        refusals.add("a", f"reason {place}")
    assert len(refusals.report()) == 21
    assert refusals.total == 1000
