"""What every history store must do, run over each of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfwatch.history.rollup import total
from perfwatch.history.store import Bucket, HistoryStore, Point, Series, TieredStore
from perfwatch.readings.codec import to_ms
from tests.perfwatch.history.conftest import Opener

NOON = to_ms(datetime(2026, 11, 23, 12, tzinfo=UTC))
MINUTE = 60_000
HOUR = 60 * MINUTE

USER = Series("cpu", "nas", "", "", "user")


def point(time: int, value: float, host: str = "nas") -> Point:
    return Point("cpu", host, "", "", time, {"user": value})


def raw(store: HistoryStore, series: Series = USER) -> list[tuple[int, float]]:
    """Everything that the store has of a series around noon, point by point."""
    found = store.query([series], NOON - HOUR, NOON + 24 * HOUR, 1)[series]
    assert all(bucket.min == bucket.mean == bucket.max for bucket in found)
    return [(bucket.time, bucket.mean) for bucket in found]


def test_what_is_written_can_be_read(store: HistoryStore) -> None:
    fields = {"user": 1.5, "system": 0.5}
    assert store.write([Point("cpu", "nas", "", "", NOON, fields), point(NOON + 5000, 2.5)]) == 3
    assert raw(store) == [(NOON, 1.5), (NOON + 5000, 2.5)]
    assert raw(store, USER._replace(field="system")) == [(NOON, 0.5)]


def test_nothing_written_is_nothing_kept(store: HistoryStore) -> None:
    assert store.write([]) == 0
    assert store.series() == []
    assert store.query([USER], NOON, NOON + HOUR, MINUTE) == {USER: []}
    assert store.delete_before(NOON) == 0
    assert store.span()[1:] == (None, None)


def test_the_same_point_twice_is_one_point(store: HistoryStore) -> None:
    for _ in range(2):
        store.write([point(NOON, 1.0), point(NOON, 1.0)])
    assert raw(store) == [(NOON, 1.0)]


def test_the_last_value_wins(store: HistoryStore) -> None:
    store.write([point(NOON, 1.0), point(NOON, 2.0)])
    assert raw(store) == [(NOON, 2.0)]
    store.write([point(NOON, 3.0)])
    assert raw(store) == [(NOON, 3.0)]


def test_integers_are_kept_as_floats(store: HistoryStore) -> None:
    store.write([point(NOON, 7), point(NOON + 1, 7.5)])
    [first, _] = store.query([USER], NOON, NOON + 2, 1)[USER]
    assert [type(value) for value in first[1:]] == [float, float, float]


def test_readings_that_arrive_late_are_in_their_place(store: HistoryStore) -> None:
    for second in (2, 0, 1):
        store.write([point(NOON + second, float(second))])
    assert raw(store) == [(NOON, 0.0), (NOON + 1, 1.0), (NOON + 2, 2.0)]


HOSTILE = [
    "with space",
    "a,b",
    'say "hi"',
    "it's",
    "a=b",
    "back\\slash",
    "two\nlines",
    "größe ✓ 🙂",
    "$__x;--",
    "end\\",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_kept_as_it_is(store: HistoryStore, name: str) -> None:
    series = Series(name, name, "interface", name, name)
    store.write([Point(name, name, "interface", name, NOON, {name: 1.0})])
    assert store.series() == [series]
    assert raw(store, series) == [(NOON, 1.0)]


def test_names_that_differ_in_case_or_a_space_are_different(store: HistoryStore) -> None:
    names = ["eth0", "ETH0", "eth0 ", " eth0"]
    store.write([Point("network", "nas", "interface", name, NOON, {"x": 1.0}) for name in names])
    assert sorted(series.part for series in store.series()) == sorted(names)


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


def test_series_are_sorted_and_can_be_chosen(store: HistoryStore) -> None:
    written = [Series(metric, host, "", "", "x") for metric in ("memory", "cpu") for host in ("nas", "desk")]
    store.write([Point(*series[:4], NOON, {"x": 1.0}) for series in written])
    assert store.series() == sorted(written)
    assert {series.metric for series in store.series(metric="cpu")} == {"cpu"}
    assert {series.host for series in store.series(host="nas")} == {"nas"}
    assert store.series("cpu", "desk") == [Series("cpu", "desk", "", "", "x")]
    assert store.series("", "") == []


def test_what_only_an_older_reading_has_is_listed_too(store: HistoryStore) -> None:
    taken = [
        Point("cpu", "nas", "core", "0", NOON, {"usage_percent": 1.0}),
        Point("cpu", "nas", "core", "0", NOON - 1, {"frequency_mhz": 1.0, "odd": 1.0}),
        Point("cpu", "nas", "core", "1", NOON, {"frequency_mhz": 1.0}),
        Point("cpu", "nas", "core", "2", NOON, {"user": 1.0}),  # no core of ours has that
        Point("cpu", "nas", "", "", NOON, {"user": 1.0}),
        Point("cpu", "desk", "", "", NOON - 1, {"system": 1.0}),
        Point("disk", "nas", "device", "sda", NOON, {"x": 1.0}),
        Point("disk", "nas", "device", "sda", NOON - 1, {"y": 1.0}),
        Point("disk", "nas", "mountpoint", "/", NOON, {"z": 1.0}),
        Point("disk", "nas", "mountpoint", "/", NOON - 1, {"x": 1.0}),
    ]
    store.write(taken)
    expected = sorted(Series(*one[:4], field) for one in taken for field in one.fields)
    assert store.series() == expected
    assert store.series("cpu", "nas") == [one for one in expected if one[:2] == ("cpu", "nas")]


def test_delete_before_keeps_what_is_exactly_as_old(store: HistoryStore) -> None:
    store.write([point(NOON + offset, 1.0) for offset in (-2, -1, 0, 1)])
    assert store.delete_before(NOON) == 2
    assert [time for time, _ in raw(store)] == [NOON, NOON + 1]
    assert store.delete_before(NOON) == 0


def test_a_series_without_points_is_forgotten_and_can_come_back(store: HistoryStore) -> None:
    store.write([point(NOON, 1.0), point(NOON + HOUR, 1.0, host="desk")])
    store.delete_before(NOON + 1)
    assert [series.host for series in store.series()] == ["desk"]
    store.write([point(NOON, 2.0)])
    assert raw(store) == [(NOON, 2.0)]
    assert raw(store, USER._replace(host="desk")) == [(NOON + HOUR, 1.0)]


def test_a_series_that_another_process_deleted_can_come_back(open_history: Opener) -> None:
    writer, cleaner = open_history(), open_history()
    writer.write([point(NOON, 1.0), point(NOON + HOUR, 1.0, host="desk")])
    cleaner.delete_before(NOON + 1)
    cleaner.write([point(NOON + HOUR, 5.0, host="other")])
    writer.write([point(NOON + 2, 2.0)])
    assert raw(cleaner) == [(NOON + 2, 2.0)]
    assert raw(cleaner, USER._replace(host="other")) == [(NOON + HOUR, 5.0)]


def test_span_tells_bytes_oldest_and_newest(store: HistoryStore) -> None:
    store.write([point(NOON, 1.0), point(NOON + 250, 1.0, host="desk"), point(NOON - HOUR, 1.0, host="desk")])
    span = store.span()
    assert span.bytes is None or span.bytes > 0
    assert span.oldest == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert span.newest == datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("value", [-1.5, 0.0, 1e-300, -1.7e308, 2.0**63, 5e-324, 0.1])
def test_any_finite_number_comes_back_unchanged(store: HistoryStore, value: float) -> None:
    store.write([point(NOON, value)])
    assert raw(store) == [(NOON, value)]


def test_a_mean_lies_between_min_and_max(store: HistoryStore) -> None:
    store.write([point(NOON + offset, 1.7e308) for offset in range(40)])
    assert store.query([USER], NOON, NOON + MINUTE, MINUTE)[USER] == [Bucket(NOON, *[1.7e308] * 3)]


def test_times_before_1970_are_kept_and_aligned(store: HistoryStore) -> None:
    store.write([point(-1, 1.0), point(-MINUTE, 3.0), point(0, 9.0)])
    found = store.query([USER], -HOUR, HOUR, MINUTE)[USER]
    assert found == [Bucket(-MINUTE, 2.0, 1.0, 3.0), Bucket(0, 9.0, 9.0, 9.0)]


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


def test_a_reader_sees_what_another_wrote(open_history: Opener) -> None:
    reader, writer = open_history(), open_history()
    assert raw(reader) == []
    writer.write([point(NOON, 1.0)])
    assert raw(reader) == [(NOON, 1.0)]


@contextmanager
def writing(url: str, host: str, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.perfwatch.history.writer", url, host, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def numbers(store: HistoryStore, host: str) -> list[float]:
    series = USER._replace(host=host)
    return [bucket.mean for bucket in store.query([series], 0, 10**9, 1)[series]]


def test_two_processes_write_while_a_third_reads(store: HistoryStore, history_url: str) -> None:
    with writing(history_url, "a", 200) as first, writing(history_url, "b", 200) as second:
        while first.poll() is None or second.poll() is None:
            seen = numbers(store, "a")
            assert seen == [float(number) for number in range(len(seen))]
    assert (first.returncode, second.returncode) == (0, 0)
    assert numbers(store, "a") == numbers(store, "b") == [float(number) for number in range(200)]


def test_what_was_acknowledged_survives_a_kill_of_the_writer(store: HistoryStore, history_url: str) -> None:
    with writing(history_url, "a", 10**6) as process:
        assert process.stdout is not None
        for _ in range(100):
            process.stdout.readline()
        process.kill()
        acknowledged = 100 + len(process.stdout.read().split("\n")) - 1
        process.wait(60)
    kept = numbers(store, "a")
    assert acknowledged <= len(kept) <= acknowledged + 1
    assert kept == [float(number) for number in range(len(kept))]
