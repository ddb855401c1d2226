"""Readings become points, and points become readings again."""

from __future__ import annotations

import json
from typing import Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwatch.errors import PayloadError
from perfwatch.history.flatten import Flattener
from perfwatch.history.points import merge
from perfwatch.history.shapes import MAX_FIELDS, MAX_PARTS, SHAPES, Listed, Named
from perfwatch.history.store import Bucket, Point, Series
from perfwatch.readings.core import READINGS

TIME = "2026-11-23T12:00:00.250Z"
TIME_MS = 1_795_435_200_250


def flatten(metric: str, **fields: Any) -> list[Point]:
    payload = json.dumps({"timestamp": TIME, **fields}).encode()
    return list(Flattener(f"perfwatch/nas/{metric}", "nas", metric).flatten(payload).points())


def restored(flat: list[Point]) -> dict[str, Any]:
    """What a store that has exactly these points gives back through `merge`."""
    found = {
        Series(*point[:4], field): [Bucket(point.time, value, value, value)]
        for point in flat
        for field, value in point.fields.items()
    }
    merged = merge(found)
    return merged[0][1] if merged else {}


def test_a_point_is_named_in_messages_with_its_part_where_it_has_one() -> None:
    assert Point("cpu", "nas", "", "", 7, {}).label == "cpu of nas at 7"
    assert Point("cpu", "nas", "core", "0", 7, {}).label == "cpu of nas core '0' at 7"


def test_a_core_has_one_point_with_all_its_numbers() -> None:
    flat = flatten("cpu", usage_percent=12.5, per_core=[10, 15], frequency_mhz=[800.0], core_count=2)
    assert flat == [
        Point("cpu", "nas", "", "", TIME_MS, {"usage_percent": 12.5, "core_count": 2.0}),
        Point("cpu", "nas", "core", "0", TIME_MS, {"usage_percent": 10.0, "frequency_mhz": 800.0}),
        Point("cpu", "nas", "core", "1", TIME_MS, {"usage_percent": 15.0}),
    ]


def test_integers_become_floats() -> None:
    [point] = flatten("memory", total_bytes=8 * 2**30)
    assert type(point.fields["total_bytes"]) is float


def test_what_is_no_number_is_left_out() -> None:
    flat = flatten("disk", partitions={"/": {"device": "/dev/sda1", "fstype": "ext4", "used_bytes": None}})
    assert flat == []
    assert flatten("perf_events", available=True, reason="none", interval_ms=1000) == [
        Point("perf_events", "nas", "", "", TIME_MS, {"interval_ms": 1000.0})
    ]


def test_the_load_average_is_three_fields_of_the_host() -> None:
    [point] = flatten("cpu", load_average=[0.5, 0.25, 0.125])
    assert point.fields == {"load_average_1": 0.5, "load_average_5": 0.25, "load_average_15": 0.125}


def test_connections_interfaces_devices_mountpoints_and_events_are_tagged() -> None:
    network = flatten(
        "network", connections={"tcp": {"listen": 3}, "udp": {"count": 1}}, interfaces={"eth0": {}}
    )
    assert [(point.tag, point.part) for point in network] == [("connection", "tcp"), ("connection", "udp")]
    disk = flatten("disk", devices={"sda": {"read_bytes": 1}}, partitions={"/": {"used_bytes": 1}})
    assert [(point.tag, point.part) for point in disk] == [("device", "sda"), ("mountpoint", "/")]
    [event] = flatten("perf_events", events={"L1-dcache-loads": {"value": 7, "unit": ""}})
    assert event == Point("perf_events", "nas", "event", "L1-dcache-loads", TIME_MS, {"value": 7.0})


def test_an_undeclared_metric_is_flattened_under_joined_names() -> None:
    [point] = flatten("ups", watts=30, fans=[1000, 1200], memory={"used": 5, "name": "HBM", "ecc": True})
    assert point.fields == {"watts": 30.0, "fans_0": 1000.0, "fans_1": 1200.0, "memory_used": 5.0}


def test_of_two_fields_with_one_joined_name_the_first_stays() -> None:
    [point] = flatten("ups", a_b=1, a={"b": 2})
    assert point.fields == {"a_b": 1.0}


def test_depth_and_number_of_fields_are_bounded() -> None:
    deep: Any = 1
    for _ in range(10):
        deep = {"x": deep}
    assert flatten("ups", deep=deep) == []
    [point] = flatten("ups", **{f"f{n}": n for n in range(MAX_FIELDS + 5)})
    assert len(point.fields) == MAX_FIELDS
    assert len(flatten("cpu", per_core=[1.0] * (MAX_PARTS + 5))) == MAX_PARTS


def test_names_without_a_character_are_left_out() -> None:
    assert flatten("network", interfaces={"": {"bytes_sent": 1}}) == []
    assert flatten("ups", **{"": 1}) == []


def test_a_number_past_the_largest_float_is_the_senders_mistake() -> None:
    with pytest.raises(PayloadError, match="nas/ups: a number is too large"):
        flatten("ups", watts=10**400)


def test_merge_sorts_by_time_and_shows_a_missing_core_as_none() -> None:
    found = {
        Series("cpu", "nas", "core", "1", "usage_percent"): [Bucket(10, 3.0, 1.0, 5.0)],
        Series("cpu", "nas", "", "", "usage_percent"): [Bucket(5, 2.0, 2.0, 2.0), Bucket(10, 4.0, 4.0, 4.0)],
    }
    assert merge(found) == [
        (5, {"usage_percent": 2.0}),
        (10, {"per_core": [None, 3.0], "usage_percent": 4.0}),
    ]
    assert merge(found, lambda bucket: bucket.max)[1][1]["per_core"] == [None, 5.0]


@pytest.mark.parametrize(
    "foreign",
    [
        Series("cpu", "nas", "core", "99999999999", "usage_percent"),
        Series("cpu", "nas", "core", "first", "usage_percent"),
        Series("cpu", "nas", "core", "0", "volts"),
        Series("cpu", "nas", "", "", "per_core"),
        Series("cpu", "nas", "socket", "0", "usage_percent"),
        Series("ups", "nas", "core", "0", "usage_percent"),
    ],
)
def test_merge_leaves_out_what_no_reading_can_have_made(foreign: Series) -> None:
    assert merge({foreign: [Bucket(0, 1.0, 1.0, 1.0)]}) == []


# Names as hosts have them, and as nobody should.
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
FLOATS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.none() | st.integers(-(2**53), 2**53)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a declared field: numbers, or a nested part's; texts are left null."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return parts_of(kind)
    if get_origin(kind) is list:
        return st.just([])
    kinds = get_args(kind)
    return COUNTS if int in kinds else FLOATS if float in kinds else st.none()


def parts_of(part: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, Any]]:
    optional = {field.name: values(field.type) for field in msgspec.structs.fields(part)}
    return st.fixed_dictionaries({}, optional=optional)


def named(kind: Any) -> st.SearchStrategy[Any]:
    """Parts by name: those of a struct, or of a dictionary under names that nobody chose."""
    if get_origin(kind) is dict:
        return st.dictionaries(NAMES, parts_of(get_args(kind)[1]), max_size=3)
    return parts_of(next(part for part in get_args(kind) if issubclass(part, msgspec.Struct)))


def contents(metric: str) -> st.SearchStrategy[dict[str, Any]]:
    """Contents of a declared metric: each field as its shape wants it, texts left null."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for field in msgspec.structs.fields(READINGS[metric])[1:]:
        shape = SHAPES.get(metric, {}).get(field.name)
        if isinstance(shape, Named):
            fields[field.name] = named(field.type)
        elif shape is not None:
            fields[field.name] = st.lists(FLOATS, max_size=5 if isinstance(shape, Listed) else 3)
        else:
            fields[field.name] = values(field.type)
    return st.fixed_dictionaries({}, optional=fields)


def numbers_only(value: Any) -> Any:
    """`value` as history can give it back: no nulls but inside a list, nothing empty, floats."""
    if isinstance(value, dict):
        kept = {name: numbers_only(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in (None, {}, [])}
    if isinstance(value, list):
        numbers = [numbers_only(item) for item in value]
        while numbers and numbers[-1] is None:
            numbers.pop()
        return numbers
    return None if value is None or isinstance(value, str) else float(value)


@settings(deadline=None)
@given(data=st.data(), metric=st.sampled_from(sorted(READINGS)))
def test_merge_is_the_inverse_of_flattening(data: st.DataObject, metric: str) -> None:
    content = data.draw(contents(metric))
    assert restored(flatten(metric, **content)) == numbers_only(content)


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(
    content=st.dictionaries(st.text(max_size=5), JSON, max_size=6),
    metric=st.sampled_from(["ups", "perf_events"]),
)
def test_flattening_what_merge_gave_changes_nothing_more(content: dict[str, Any], metric: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perfwatch.history.flatten._DECLARED", {})
        content.pop("timestamp", None)
        once = flatten(metric, **content)
        assert flatten(metric, **restored(once)) == once


@settings(deadline=None)
@given(content=JSON, metric=st.sampled_from(["cpu", "network", "disk", "gpu", "perf_events"]))
def test_no_payload_raises_anything_but_a_payload_error(content: Any, metric: str) -> None:
    payload = json.dumps(
        {"timestamp": TIME, "per_core": content, "interfaces": content, "x": content}
    ).encode()
    try:
        flat = list(Flattener("perfwatch/nas/x", "nas", metric).flatten(payload).points())
    except PayloadError:
        return
    assert all(type(value) is float for point in flat for value in point.fields.values())
