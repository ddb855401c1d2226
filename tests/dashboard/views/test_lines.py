from __future__ import annotations

from dashboard.views import lines
from perfwatch.history.store import Bucket, Series

KNOWN = [
    Series("cpu", "nas", "", "", "usage_percent"),
    Series("cpu", "nas", "", "", "load_average_1"),
    Series("cpu", "nas", "", "", "context_switches"),
    *(Series("cpu", "nas", "core", str(core), "usage_percent") for core in (0, 1, 10, 2)),
    Series("cpu", "nas", "core", "0", "temperature_celsius"),
    Series("room", "den", "", "", "celsius"),
    Series("disk", "nas", "mountpoint", "/", "usage_percent"),
]


def _bucket(time: int, mean: float = 1.0) -> Bucket:
    return Bucket(time, mean, mean - 1, mean + 1)


def test_our_metrics_come_before_those_of_others() -> None:
    assert lines.metrics(KNOWN) == ["cpu", "disk", "room"]


def test_the_host_as_a_whole_comes_before_its_parts() -> None:
    assert lines.tags(KNOWN, "cpu") == ["", "core"]


def test_fields_with_a_label_come_first() -> None:
    assert lines.fields(KNOWN, "cpu", "") == ["usage_percent", "load_average_1", "context_switches"]


def test_cores_are_counted_not_spelled() -> None:
    assert lines.parts(KNOWN, "cpu", "core", ["usage_percent"]) == ["0", "1", "2", "10"]


def test_a_part_that_has_only_one_of_the_fields_is_offered() -> None:
    assert lines.parts(KNOWN, "cpu", "core", ["temperature_celsius"]) == ["0"]


def test_hosts_are_those_of_the_metric() -> None:
    assert lines.hosts(KNOWN, "room") == ["den"]


def test_only_fields_of_one_unit_share_an_axis() -> None:
    assert lines.same_unit("cpu", ["usage_percent", "load_average_1", "iowait"]) == [
        "usage_percent",
        "iowait",
    ]
    assert lines.same_unit("cpu", []) == []


def test_a_line_is_named_by_what_tells_it_apart() -> None:
    one = Series("network", "nas", "interface", "eth0", "bytes_recv_per_sec")
    assert lines.name(one, [one]) == "eth0"
    assert lines.name(one, [one, one._replace(field="bytes_sent_per_sec")]) == "Download rate · eth0"
    assert lines.name(one, [one, one._replace(host="pi")]) == "eth0 · nas"
    assert lines.name(KNOWN[0], KNOWN[:1]) == "Usage"


def test_a_summary_is_over_all_buckets() -> None:
    assert lines.summary([_bucket(0, 2), _bucket(1, 4)], 3.5) == (3, 1, 5, 3.5)


def test_missing_readings_break_the_line() -> None:
    buckets = [_bucket(time) for time in (0, 5, 10, 40, 45)]
    assert lines.with_gaps(buckets, 5) == [*buckets[:3], 15, *buckets[3:]]


def test_one_missing_reading_does_not_break_the_line() -> None:
    buckets = [_bucket(time) for time in (0, 5, 15, 20)]
    assert lines.with_gaps(buckets, 5) == buckets


def test_a_host_that_ticks_slower_than_the_buckets_still_has_a_line() -> None:
    buckets = [_bucket(time) for time in range(0, 6000, 600)]
    assert lines.with_gaps(buckets, 5) == buckets


def test_nothing_has_no_gaps() -> None:
    assert lines.with_gaps([], 5) == []
