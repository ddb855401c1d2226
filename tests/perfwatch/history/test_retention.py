"""Rollups, late readings and retention, over every store that has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest
from msgspec.structs import replace

from perfwatch.history.policy import DAY_MS, Policy
from perfwatch.history.rollup import HOUR, MINUTE, cleanup, total, upkeep
from perfwatch.history.store import Bucket, Point, Series, TieredStore, Work
from perfwatch.readings.codec import to_ms
from tests.days import NOON_MS as NOON
from tests.perfwatch.history.conformance import HOSTILE
from tests.perfwatch.history.tiers import USER, every_minute, hourly, rows, write

Opener: TypeAlias = Callable[[], TieredStore]


def test_whole_closed_hours_are_rolled_up(store: TieredStore) -> None:
    write(store, every_minute(3))
    assert total(store.roll_up(NOON + 2 * HOUR + MINUTE)) == Work(rolled_up=240)
    assert rows(store) == {"raw": 360, "1m": 120, "1h": 2}


def test_the_same_job_again_does_nothing(store: TieredStore) -> None:
    write(store, every_minute(2))
    assert total(store.roll_up(NOON + 2 * HOUR)).rolled_up == 240
    before = hourly(store)
    assert list(store.roll_up(NOON + 2 * HOUR)) == []
    assert hourly(store) == before


def test_a_job_ended_in_its_middle_goes_on_where_it_stopped(
    store: TieredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwatch.history.sqlite.upkeep.STEP_SECONDS", 0.0)
    write(store, every_minute(10))
    expected = hourly(store)
    steps = store.roll_up(NOON + 10 * HOUR)
    assert next(steps).rolled_up == 120
    assert hourly(store) == expected
    # An hour whose end was not noted yet is done once more.
    assert total(store.roll_up(NOON + 10 * HOUR)).rolled_up in (9 * 120, 10 * 120)
    assert hourly(store) == expected


def test_buckets_over_tiers_are_those_of_the_raw_readings(store: TieredStore) -> None:
    noon = NOON - DAY_MS  # all 26 hours are over
    write(store, every_minute(26, noon - 30_000))
    asked = [(noon - 20_000, noon + DAY_MS + 40_000, step) for step in (MINUTE, 7 * MINUTE, HOUR, 5 * HOUR)]
    before = [store.query([USER], *one)[USER] for one in asked]
    total(store.roll_up(noon + 20 * HOUR))
    for one, expected in zip(asked, before, strict=True):
        found = store.query([USER], *one)[USER]
        assert [(b.time, b.min, b.max) for b in found] == [(b.time, b.min, b.max) for b in expected]
        assert [b.mean for b in found] == pytest.approx([b.mean for b in expected])


def test_thinning_keeps_what_a_minute_says(store: TieredStore) -> None:
    write(store, every_minute(4))
    before = [hourly(store), store.query([USER], NOON, NOON + 4 * HOUR, MINUTE)[USER]]
    total(store.roll_up(NOON + 4 * HOUR))
    assert total(store.thin(NOON + 2 * HOUR)) == Work(raw=240)
    assert rows(store) == {"raw": 240, "1m": 240, "1h": 4}
    assert [hourly(store), store.query([USER], NOON, NOON + 4 * HOUR, MINUTE)[USER]] == before


def test_a_finer_question_about_thinned_hours_is_answered_by_minutes(store: TieredStore) -> None:
    write(store, every_minute(2))
    total(store.roll_up(NOON + 2 * HOUR))
    total(store.thin(NOON + HOUR))
    found = store.query([USER], NOON + 59 * MINUTE, NOON + HOUR + MINUTE, 30_000)[USER]
    assert found == [
        Bucket(NOON + 59 * MINUTE, 59.5, 59.0, 60.0),
        Bucket(NOON + HOUR, 60.0, 60.0, 60.0),
        Bucket(NOON + HOUR + 30_000, 61.0, 61.0, 61.0),
    ]


def test_what_is_not_rolled_up_is_not_thinned(store: TieredStore) -> None:
    write(store, every_minute(2))
    assert list(store.thin(NOON + DAY_MS)) == []
    assert rows(store)["raw"] == 240


def test_late_readings_get_into_the_rollups(store: TieredStore) -> None:
    """A replay after a day: the hour had been rolled up without them."""
    readings = every_minute(3)
    late = {time: value for time, value in readings.items() if NOON + HOUR <= time < NOON + 2 * HOUR}
    write(store, {time: value for time, value in readings.items() if time not in late})
    total(store.roll_up(NOON + 3 * HOUR))
    assert [bucket.time for bucket in hourly(store)] == [NOON, NOON + 2 * HOUR]
    write(store, late)
    assert total(store.roll_up(NOON + 3 * HOUR)) == Work(rolled_up=120)
    assert hourly(store)[1] == Bucket(NOON + HOUR, 90.0, 60.0, 120.0)
    assert list(store.roll_up(NOON + 3 * HOUR)) == []


def test_late_readings_of_another_process_get_into_the_rollups(open_history: Opener) -> None:
    roller, writer = open_history(), open_history()
    write(writer, {NOON: 1.0})
    total(roller.roll_up(NOON + HOUR))
    write(writer, {NOON + 1: 3.0})
    total(roller.roll_up(NOON + HOUR))
    assert hourly(writer) == [Bucket(NOON, 2.0, 1.0, 3.0)]


def test_readings_later_than_the_raw_ones_are_kept_join_the_rollups(store: TieredStore) -> None:
    write(store, {NOON: 1.0, NOON + 1: 2.0, NOON + HOUR: 9.0})
    total(store.roll_up(NOON + 2 * HOUR))
    total(store.thin(NOON + HOUR))
    write(store, {NOON + 2: 6.0, NOON + 5 * MINUTE: 11.0})
    assert total(store.roll_up(NOON + 2 * HOUR)) == Work(rolled_up=2)
    assert hourly(store)[0] == Bucket(NOON, 5.0, 1.0, 11.0)
    minutes = store.query([USER], NOON, NOON + HOUR, MINUTE)[USER]
    assert minutes == [Bucket(NOON, 3.0, 1.0, 6.0), Bucket(NOON + 5 * MINUTE, 11.0, 11.0, 11.0)]
    total(store.forget(NOON + HOUR))
    assert rows(store) == {"raw": 1, "1m": 1, "1h": 1}


def test_nothing_late_is_thinned_before_it_is_rolled_up(store: TieredStore) -> None:
    write(store, every_minute(2))
    total(store.roll_up(NOON + 2 * HOUR))
    write(store, {NOON + HOUR + 1: 500.0})
    assert total(store.thin(NOON + 2 * HOUR)).raw == 120
    total(store.roll_up(NOON + 2 * HOUR))
    assert total(store.thin(NOON + 2 * HOUR)).raw == 121
    assert hourly(store)[1].max == 500.0


def test_forgetting_removes_every_tier_and_empty_series(store: TieredStore) -> None:
    write(store, every_minute(3))
    write(store, {NOON: 1.0}, host="gone")
    total(store.roll_up(NOON + 2 * HOUR))
    total(store.thin(NOON + HOUR))
    done = total(store.forget(NOON + 2 * HOUR))
    assert done == Work(raw=120, rollups=122 + 2)
    assert store.series() == [USER]
    assert [bucket.time for bucket in hourly(store)] == [NOON + 2 * HOUR]


@pytest.mark.parametrize("thinned", [False, True])
def test_a_deletion_in_the_middle_of_an_hour_cuts_its_rollups_too(store: TieredStore, thinned: bool) -> None:
    write(store, every_minute(2))
    total(store.roll_up(NOON + 2 * HOUR))
    if thinned:
        total(store.thin(NOON + HOUR))
    store.delete_before(NOON + 30 * MINUTE)
    assert hourly(store)[0] == Bucket(NOON, 45.0, 30.0, 60.0)


def test_a_rolled_up_series_that_was_forgotten_can_come_back(store: TieredStore) -> None:
    write(store, {NOON: 1.0})
    total(store.roll_up(NOON + HOUR))
    total(store.forget(NOON + HOUR))
    assert store.series() == []
    write(store, {NOON: 4.0})
    total(store.roll_up(NOON + HOUR))
    assert hourly(store) == [Bucket(NOON, 4.0, 4.0, 4.0)]


def test_the_policy_is_kept_in_the_store(open_history: Opener) -> None:
    one, other = open_history(), open_history()
    # Enabled, but where the server cannot delete.
    assert replace(one.policy(), enabled=True) == Policy(retention_days=30, downsample_after_days=7)
    other.set_policy(Policy(retention_days=365, downsample_after_days=14, enabled=False))
    assert one.policy() == Policy(retention_days=365, downsample_after_days=14, enabled=False)


def test_what_upkeep_remembers_is_no_reading(store: TieredStore) -> None:
    write(store, {NOON: 1.0, NOON + HOUR: 2.0})
    before = store.series(), store.span()[1:]
    store.set_policy(Policy())
    total(store.roll_up(NOON + 2 * HOUR))
    write(store, {NOON + MINUTE: 3.0})
    total(store.thin(NOON + HOUR))
    assert (store.series(), store.span()[1:]) == before
    assert store.delete_before(NOON + 2 * HOUR) > 0
    assert (store.series(), store.span()[1:]) == ([], (None, None))
    assert store.policy() == Policy()


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_rolled_up_as_it_is(store: TieredStore, name: str) -> None:
    series = Series(name, name, "interface", name, name)
    store.write([Point(name, name, "interface", name, NOON + n, {name: float(n)}) for n in range(3)])
    assert total(store.roll_up(NOON + HOUR)) == Work(rolled_up=3)
    assert total(store.thin(NOON + HOUR)) == Work(raw=3)
    assert store.series() == [series]
    for interval in (1, HOUR):
        assert store.query([series], NOON, NOON + HOUR, interval) == {series: [Bucket(NOON, 1.0, 0.0, 2.0)]}


def test_a_thinned_part_and_its_host_keep_apart(store: TieredStore) -> None:
    cores = [Series("cpu", "nas", "core", str(number), "user") for number in range(3)]
    for number, one in enumerate([USER, *cores]):
        store.write([Point(*one[:4], NOON, {"user": float(number)})])
    total(store.roll_up(NOON + HOUR))
    total(store.thin(NOON + HOUR))
    found = store.query([USER, *cores], NOON, NOON + HOUR, HOUR)
    assert [bucket.mean for buckets in found.values() for bucket in buckets] == [0.0, 1.0, 2.0, 3.0]


def test_a_sum_past_the_largest_float_leaves_a_mean_between_min_and_max(store: TieredStore) -> None:
    write(store, {NOON + n: 1.7e308 for n in range(40)})
    total(store.roll_up(NOON + HOUR))
    for interval in (MINUTE, HOUR, 2 * HOUR):
        [bucket] = store.query([USER], NOON, NOON + 2 * HOUR, interval)[USER]
        assert bucket[1:] == (1.7e308, 1.7e308, 1.7e308)


@pytest.mark.usefixtures("any_time")
def test_upkeep_follows_the_policy(store: TieredStore) -> None:
    now = NOON + 40 * DAY_MS + 6 * MINUTE
    write(store, {now - days * DAY_MS: float(days) for days in (1, 6, 8, 29, 31, 39)})
    off = Policy(retention_days=30, downsample_after_days=7, enabled=False)
    assert total(upkeep(store, off, now)) == Work(rolled_up=6)
    assert total(upkeep(store, Policy(), now)) == Work(raw=2 + 2, rollups=4)
    assert rows(store) == {"raw": 2, "1m": 4, "1h": 4}
    assert list(upkeep(store, Policy(), now)) == []
    assert total(cleanup(store, Policy(retention_days=7, enabled=False), now)) == Work(rollups=4)


@pytest.mark.usefixtures("any_time")
def test_a_leap_day_is_rolled_up_into_24_hours(store: TieredStore) -> None:
    start = to_ms(datetime(2028, 2, 29, tzinfo=UTC))
    write(store, {start + n * 10 * MINUTE: float(n // 6) for n in range(-6, 150)})
    total(store.roll_up(start + DAY_MS + HOUR))
    total(store.thin(start + DAY_MS))
    found = hourly(store, start)
    assert [(bucket.time, bucket.mean) for bucket in found] == [
        (start + hour * HOUR, float(hour)) for hour in range(24)
    ]


def test_gaps_stay_gaps_over_all_tiers(store: TieredStore) -> None:
    write(store, {NOON: 1.0, NOON + 5 * HOUR: 2.0, NOON + 9 * HOUR: 3.0})
    total(store.roll_up(NOON + 6 * HOUR))
    total(store.thin(NOON + HOUR))
    for interval in (MINUTE, HOUR):
        found = store.query([USER], NOON, NOON + DAY_MS, interval)[USER]
        assert [bucket.time for bucket in found] == [NOON, NOON + 5 * HOUR, NOON + 9 * HOUR]
