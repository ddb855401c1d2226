"""Which tier answers what, and partial buckets put together."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import (
    GRACE_MS,
    HOUR,
    MINUTE,
    NEVER,
    RAW,
    SIX_MINUTES,
    Partial,
    Slice,
    closed,
    combine,
    cut,
    floor,
    plan,
)
from perfwatch.history.store import Bucket

DAY = 24 * HOUR


def test_a_new_history_is_read_raw() -> None:
    assert plan(0, DAY, HOUR, NEVER, NEVER) == [Slice(RAW, 0, DAY)]


def test_the_coarsest_tier_that_gives_the_interval_is_taken() -> None:
    assert plan(0, DAY, 3 * HOUR, DAY, NEVER) == [Slice(HOUR, 0, DAY)]
    assert plan(0, DAY, 90 * MINUTE, DAY, NEVER) == [Slice(MINUTE, 0, DAY)]
    assert plan(0, DAY, 30_000, DAY, NEVER) == [Slice(RAW, 0, DAY)]


def test_finer_tiers_take_the_ends() -> None:
    start, stop = HOUR - 90_000, 5 * HOUR + 61_000
    assert plan(start, stop, HOUR, DAY, NEVER) == [
        Slice(RAW, start, HOUR - MINUTE),
        Slice(MINUTE, HOUR - MINUTE, HOUR),
        Slice(HOUR, HOUR, 5 * HOUR),
        Slice(MINUTE, 5 * HOUR, 5 * HOUR + MINUTE),
        Slice(RAW, 5 * HOUR + MINUTE, stop),
    ]


def test_what_is_not_rolled_up_yet_is_read_raw() -> None:
    assert plan(0, DAY, HOUR, 20 * HOUR, NEVER) == [Slice(HOUR, 0, 20 * HOUR), Slice(RAW, 20 * HOUR, DAY)]


def test_where_raw_readings_are_gone_minutes_are_the_finest() -> None:
    assert plan(0, DAY, 5000, 20 * HOUR, 6 * HOUR) == [Slice(MINUTE, 0, 6 * HOUR), Slice(RAW, 6 * HOUR, DAY)]


@given(
    start=st.integers(-3 * HOUR, 3 * HOUR),
    length=st.integers(-1000, 6 * HOUR),
    interval=st.sampled_from([1, 5000, MINUTE, 90_000, 15 * MINUTE, HOUR, 7 * HOUR]),
    hours=st.tuples(st.integers(-3, 4), st.integers(-3, 4)),
)
def test_every_moment_is_answered_once_and_by_what_is_there(
    start: int, length: int, interval: int, hours: tuple[int, int]
) -> None:
    raw_from, rolled_to = sorted(hour * HOUR for hour in hours)
    parts = plan(start, start + length, interval, rolled_to, raw_from)
    assert sum(part.stop - part.start for part in parts) == max(0, length)
    assert all(before.stop == after.start for before, after in pairwise(parts))
    assert not parts or (parts[0].start, parts[-1].stop) == (start, start + length)
    for part in parts:
        assert part.start >= raw_from if part.tier == RAW else part.stop <= rolled_to


def test_a_bucket_of_any_length_has_hours_inside_and_finer_tiers_at_its_ends() -> None:
    first, second = (
        list(cut(n * 144 * MINUTE, (n + 1) * 144 * MINUTE, 144 * MINUTE, DAY, 0)) for n in (0, 1)
    )
    assert first == [Slice(HOUR, 0, 2 * HOUR), Slice(MINUTE, 2 * HOUR, 144 * MINUTE)]
    assert second == [
        Slice(MINUTE, 144 * MINUTE, 3 * HOUR),
        Slice(HOUR, 3 * HOUR, 4 * HOUR),
        Slice(MINUTE, 4 * HOUR, 288 * MINUTE),
    ]


@given(
    start=st.integers(-3 * HOUR, 3 * HOUR),
    length=st.integers(-1000, 6 * HOUR),
    interval=st.integers(MINUTE, 3 * HOUR),
    hours=st.tuples(st.integers(-3, 4), st.integers(-3, 4)),
)
def test_cut_every_moment_is_in_one_bucket_and_answered_by_what_is_there(
    start: int, length: int, interval: int, hours: tuple[int, int]
) -> None:
    raw_from, rolled_to = sorted(hour * HOUR for hour in hours)
    tiers = (HOUR, SIX_MINUTES, MINUTE)
    parts = list(cut(start, start + length, interval, rolled_to, raw_from, tiers))
    assert all(before.stop == after.start for before, after in pairwise(parts))
    assert not parts or (parts[0].start, parts[-1].stop) == (start, start + length)
    assert bool(parts) == (length > 0)
    for part in parts:
        assert floor(part.start, interval) == floor(part.stop - 1, interval)
        assert part.start >= raw_from if part.tier == RAW else part.stop <= rolled_to
        assert part.tier in (RAW, MINUTE) or part.start % part.tier == part.stop % part.tier == 0


@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5)), max_size=8)
)
def test_however_buckets_are_cut_they_give_the_same(pieces: list[tuple[int, list[float]]]) -> None:
    pieces.sort(key=lambda piece: piece[0])
    partials = [Partial(time, sum(v), len(v), min(v), max(v)) for time, v in pieces]
    whole: dict[int, list[float]] = {}
    for time, values in pieces:
        whole.setdefault(time, []).extend(values)
    found = combine([partial] for partial in partials)
    assert [(b.time, b.min, b.max) for b in found] == [(t, min(v), max(v)) for t, v in whole.items()]
    assert [b.mean for b in found] == pytest.approx([fmean(v) for v in whole.values()], rel=1e-9, abs=1e-3)


def test_sums_past_the_largest_float_stay_between_min_and_max() -> None:
    huge = 1.7e308
    one = Partial(0, float("inf"), 2, huge, huge)
    other = Partial(0, float("-inf"), 2, -huge, -huge)
    assert combine([[one]]) == [Bucket(0, huge, huge, huge)]
    assert combine([[one], [], [other]]) == [Bucket(0, 0.0, -huge, huge)]


def test_an_hour_is_closed_some_minutes_after_its_end() -> None:
    assert closed(HOUR + GRACE_MS - 1) == 0
    assert closed(HOUR + GRACE_MS) == HOUR


def test_the_policy_counts_days_back() -> None:
    policy = Policy(retention_days=30, downsample_after_days=7)
    assert (policy.raw_before(40 * DAY_MS), policy.all_before(40 * DAY_MS)) == (33 * DAY_MS, 10 * DAY_MS)
