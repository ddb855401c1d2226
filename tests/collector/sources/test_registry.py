from __future__ import annotations

from collector.sources.registry import SOURCES, Active
from collector.sources.source import Tick, Tuning
from perfwatch.readings import core
from perfwatch.readings.core import READINGS


class Plain:
    name = "plain"

    def gather(self, tick: Tick) -> core.Memory:
        return core.Memory(timestamp=tick.timestamp)


class Holding(Plain):
    """Holds something, and has settings of its own."""

    name = "holding"

    def __init__(self) -> None:
        self.tunings: list[Tuning] = []
        self.closed = 0

    def tune(self, tuning: Tuning) -> None:
        self.tunings.append(tuning)

    def close(self) -> None:
        self.closed += 1


MAKERS = {"holding": Holding, "plain": Plain}
TUNING = Tuning("0-3", 2.0)


def test_every_source_is_known_by_its_own_name_and_has_a_declared_reading() -> None:
    assert [make().name for make in SOURCES.values()] == list(SOURCES)
    assert set(SOURCES) <= set(READINGS)


def test_sources_keep_the_order_of_the_registry() -> None:
    active = Active(MAKERS)
    active.switch(["plain"], TUNING)
    active.switch(["plain", "holding"], TUNING)
    assert [source.name for source in active] == ["holding", "plain"]


def test_a_source_that_stays_on_stays_the_same_and_is_tuned() -> None:
    active = Active(MAKERS)
    active.switch(["holding"], TUNING)
    (before,) = active
    active.switch(["holding", "plain"], Tuning("6", 1.0))
    after = next(iter(active))
    assert after is before
    assert isinstance(after, Holding)
    assert after.tunings == [TUNING, Tuning("6", 1.0)]


def test_one_that_is_switched_off_lets_go_and_is_made_anew() -> None:
    active = Active(MAKERS)
    active.switch(["holding"], TUNING)
    (first,) = active
    active.switch([], TUNING)
    assert isinstance(first, Holding)
    assert (first.closed, list(active)) == (1, [])
    active.switch(["holding"], TUNING)
    assert next(iter(active)) is not first
    active.close()
    assert list(active) == []


def test_what_is_off_is_explained_and_what_was_not_tried_yet_is_left_out() -> None:
    active = Active(MAKERS)
    active.switch(["plain"], TUNING)
    assert active.explain({}) == {"holding": "switched off"}
    assert active.explain({"plain": None, "holding": "old"}) == {"holding": "switched off", "plain": None}
    assert active.explain({"plain": "no medium"})["plain"] == "no medium"
