"""What every history store must answer over a range of time, run over each of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfwatch.history.rollup import total
from perfwatch.history.store import Bucket, HistoryStore, Point, Series, TieredStore
from perfwatch.readings.codec import to_ms
from tests.days import NOON_MS as NOON
from tests.perfwatch.history.conformance import HOUR, MINUTE, USER, point


def test_buckets_give_mean_min_and_max(store: HistoryStore) -> None:
    store.write([point(NOON, 1.0), point(NOON + 30_000, 6.0), point(NOON + 59_999, 2.0)])
    assert store.query([USER], NOON, NOON + HOUR, MINUTE)[USER] == [Bucket(NOON, 3.0, 1.0, 6.0)]


def test_buckets_begin_at_multiples_of_the_interval(store: HistoryStore) -> None:
    store.write([point(NOON + second * 1000, float(second)) for second in range(0, 180, 5)])
    found = store.query([USER], NOON + 7000, NOON + 170_000, MINUTE)[USER]
    assert [bucket.time for bucket in found] == [NOON, NOON + MINUTE, NOON + 2 * MINUTE]
    assert [(bucket.min, bucket.max) for bucket in found] == [(10, 55), (60, 115), (120, 165)]


def test_start_is_in_the_range_and_stop_is_not(store: HistoryStore) -> None:
    store.write([point(NOON + offset, float(offset)) for offset in (-1, 0, 999, 1000)])
    assert [bucket.mean for bucket in store.query([USER], NOON, NOON + 1000, 1)[USER]] == [0.0, 999.0]


def test_dense_buckets_at_both_ends_hold_only_what_is_in_the_range(store: HistoryStore) -> None:
    store.write([point(NOON + offset * 1000, float(offset)) for offset in range(120)])
    found = store.query([USER], NOON + 20_000, NOON + 80_000, MINUTE)[USER]
    assert found == [Bucket(NOON, 39.5, 20.0, 59.0), Bucket(NOON + MINUTE, 69.5, 60.0, 79.0)]


def test_a_range_that_ends_before_it_starts_is_empty(store: HistoryStore) -> None:
    store.write([point(NOON, 1.0)])
    assert store.query([USER], NOON + 1, NOON - 1, 1) == {USER: []}


def test_an_interval_below_a_millisecond_is_refused(store: HistoryStore) -> None:
    with pytest.raises(ValueError, match="interval"):
        store.query([USER], NOON, NOON + 1, 0)


def test_gaps_stay_gaps(store: HistoryStore) -> None:
    times = [NOON + offset for offset in (0, 1000, 5 * HOUR, 5 * HOUR + 1000)]
    store.write([point(time, 1.0) for time in times])
    found = store.query([USER], NOON, NOON + 24 * HOUR, MINUTE)[USER]
    assert [bucket.time for bucket in found] == [NOON, NOON + 5 * HOUR]


@pytest.mark.usefixtures("any_time")
@pytest.mark.timeout(45)  # empty bucket by empty bucket it takes a minute
def test_a_gap_of_years_between_dense_readings_costs_nothing(store: HistoryStore) -> None:
    dense = [start + second * 1000 for start in (0, NOON) for second in range(50)]
    store.write([point(time, 1.0) for time in dense])
    found = store.query([USER], 0, NOON + HOUR, MINUTE)[USER]
    assert [bucket.time for bucket in found] == [0, NOON]


def test_several_series_in_one_query_keep_apart(store: HistoryStore) -> None:
    cores = [Series("cpu", "nas", "core", str(number), "usage_percent") for number in range(3)]
    store.write([Point(*core[:4], NOON, {core.field: float(core.part)}) for core in cores[:2]])
    found = store.query([*cores, USER], NOON, NOON + 1, 1)
    assert {series: [bucket.mean for bucket in buckets] for series, buckets in found.items()} == {
        cores[0]: [0.0],
        cores[1]: [1.0],
        cores[2]: [],
        USER: [],
    }


def test_a_mean_lies_between_min_and_max(store: HistoryStore) -> None:
    store.write([point(NOON + offset, 1.7e308) for offset in range(40)])
    assert store.query([USER], NOON, NOON + MINUTE, MINUTE)[USER] == [Bucket(NOON, *[1.7e308] * 3)]


@pytest.mark.usefixtures("any_time")
def test_times_before_1970_are_kept_and_aligned(store: HistoryStore) -> None:
    store.write([point(-1, 1.0), point(-MINUTE, 3.0), point(0, 9.0)])
    found = store.query([USER], -HOUR, HOUR, MINUTE)[USER]
    assert found == [Bucket(-MINUTE, 2.0, 1.0, 3.0), Bucket(0, 9.0, 9.0, 9.0)]


@pytest.mark.usefixtures("any_time")
def test_a_leap_day_has_its_24_hours(store: HistoryStore) -> None:
    first = to_ms(datetime(2028, 2, 28, tzinfo=UTC))
    last = to_ms(datetime(2028, 3, 2, tzinfo=UTC))
    store.write([point(time, 1.0) for time in range(first, last, HOUR)])
    found = store.query([USER], first, last, 24 * HOUR)[USER]
    days = [datetime.fromtimestamp(bucket.time / 1000, UTC).strftime("%m-%d") for bucket in found]
    assert days == ["02-28", "02-29", "03-01"]


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 23),
        ("2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 25),
        ("2026-11-23T00:00+05:30", "2026-11-24T00:00+05:30", 25),  # cut in UTC: half an hour at both ends
    ],
)
@pytest.mark.parametrize("rolled_up", [False, True])
@pytest.mark.usefixtures("any_time")
def test_a_local_day_has_the_hours_that_its_clocks_show(
    store: TieredStore, first: str, last: str, hours: int, rolled_up: bool
) -> None:
    start, stop = (to_ms(datetime.fromisoformat(moment)) for moment in (first, last))
    store.write([point(time, 1.0) for time in range(start - HOUR, stop + HOUR, 10 * MINUTE)])
    if rolled_up:
        total(store.roll_up(stop + HOUR))
    found = store.query([USER], start, stop, HOUR)[USER]
    assert [bucket.time for bucket in found] == list(range(start // HOUR * HOUR, stop, HOUR))
    assert len(found) == hours
    assert store.query([USER], start, stop, stop)[USER] == [Bucket(0, 1.0, 1.0, 1.0)]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    times=st.lists(st.integers(-5000, 5000), unique=True, max_size=120),
    start=st.integers(-6000, 6000),
    length=st.integers(0, 9000),
    interval=st.integers(1, 4000),
)
def test_buckets_are_those_of_the_plain_definition(
    store: HistoryStore, times: list[int], start: int, length: int, interval: int
) -> None:
    store.delete_before(10_000)
    store.write([point(time, float(time)) for time in times])
    expected: dict[int, list[int]] = {}
    for time in sorted(times):
        if start <= time < start + length:
            expected.setdefault(time // interval * interval, []).append(time)
    found = store.query([USER], start, start + length, interval)[USER]
    assert [(bucket.time, bucket.min, bucket.max) for bucket in found] == [
        (begin, min(inside), max(inside)) for begin, inside in expected.items()
    ]
    assert [bucket.mean for bucket in found] == pytest.approx(
        [sum(inside) / len(inside) for inside in expected.values()]
    )
