from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.schedule import Schedule


def test_the_first_tick_is_due_at_once() -> None:
    assert Schedule(100.0, 5.0).due == 100.0


def test_what_a_tick_costs_does_not_add_up() -> None:
    schedule = Schedule(100.0, 5.0)
    due = []
    for cost in (0.1, 0.4, 4.9, 0.0):
        due.append(schedule.due)
        schedule.advance(schedule.due + cost)
    assert due == [100.0, 105.0, 110.0, 115.0]


def test_a_slow_tick_is_skipped_and_never_made_up_for() -> None:
    schedule = Schedule(100.0, 5.0)
    schedule.advance(112.5)
    assert schedule.due == 115.0


def test_a_wait_that_ends_early_does_not_take_the_tick_twice() -> None:
    schedule = Schedule(100.0, 5.0)
    schedule.advance(100.1)
    schedule.advance(104.999)
    assert schedule.due == 110.0


def test_a_schedule_does_not_drift_over_a_year() -> None:
    schedule = Schedule(0.0, 0.5)
    schedule.advance(365 * 86400.0 + 0.1)
    assert schedule.due == 365 * 86400.0 + 0.5


@given(
    interval=st.floats(0.5, 3600),
    costs=st.lists(st.floats(0, 10_000), min_size=1, max_size=50),
)
def test_every_tick_is_after_the_last_and_on_the_grid(interval: float, costs: list[float]) -> None:
    schedule = Schedule(50.0, interval)
    for cost in costs:
        before, now = schedule.due, schedule.due + cost
        schedule.advance(now)
        assert schedule.due > before
        assert schedule.due >= now - 1e-6
        assert schedule.due <= now + interval + 1e-6
        steps = (schedule.due - 50.0) / interval
        assert steps == pytest.approx(round(steps))


def test_another_interval_counts_from_the_last_tick() -> None:
    schedule = Schedule(100.0, 10.0)
    schedule.advance(100.0)
    schedule.change(4.0, 101.0)
    assert schedule.due == 104.0
    schedule.advance(104.0)
    schedule.change(20.0, 105.0)
    assert schedule.due == 124.0


def test_a_shorter_interval_that_is_over_already_is_due_now() -> None:
    schedule = Schedule(100.0, 3600.0)
    schedule.advance(100.0)
    schedule.change(5.0, 2000.0)
    assert schedule.due == 2000.0
    schedule.advance(2000.0)
    assert schedule.due == 2005.0
