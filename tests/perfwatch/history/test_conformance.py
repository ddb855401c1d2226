"""What every history store must keep, list, delete and share with other processes, run over each of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from perfwatch.history.store import HistoryStore, Point, Series
from perfwatch.readings.codec import from_ms
from tests.days import NOON_MS as NOON
from tests.perfwatch.history.conformance import HOSTILE, HOUR, MINUTE, USER, point, raw
from tests.perfwatch.history.conftest import Opener


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
        Point("cpu", "nas", "core", "0", NOON - 1, {"frequency_mhz": 1.0}),
        Point("cpu", "nas", "core", "1", NOON, {"frequency_mhz": 1.0}),
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
    assert span[1:] == (from_ms(NOON - HOUR), from_ms(NOON + 250))


@pytest.mark.parametrize("value", [-1.5, 0.0, 1e-300, -1.7e308, 2.0**63, 5e-324, 0.1])
def test_any_finite_number_comes_back_unchanged(store: HistoryStore, value: float) -> None:
    store.write([point(NOON, value)])
    assert raw(store) == [(NOON, value)]


def test_a_reader_sees_what_another_wrote(open_history: Opener) -> None:
    reader, writer = open_history(), open_history()
    assert raw(reader) == []
    writer.write([point(NOON, 1.0)])
    assert raw(reader) == [(NOON, 1.0)]


@contextmanager
def writing(url: str, host: str, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.perfwatch.history.writer", url, host, str(count), str(NOON)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def numbers(store: HistoryStore, host: str) -> list[float]:
    series = USER._replace(host=host)
    return [bucket.mean for bucket in store.query([series], NOON, NOON + 24 * HOUR, 1)[series]]


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
