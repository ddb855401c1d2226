"""Line protocol: what influxdb-client's Point writes, and names that Point cannot write at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point as ClientPoint
from influxdb_client.domain.write_precision import WritePrecision

from perfwatch.history.influx import line_protocol
from perfwatch.history.influx.line_protocol import Encoder, plain, stored
from perfwatch.history.store import Layout, Numbers, Part, Point
from perfwatch.history.transfer.line_parser import parse_line

# Of what InfluxDB has under its own name; backslashes have tests of their own.
names = st.text(st.characters(codec="utf-8", exclude_characters="\\"), min_size=1).filter(
    lambda name: stored(name) == name
)
numbers = st.floats(allow_nan=False, allow_infinity=False)


def line(point: Point) -> str:
    [one] = Encoder().lines([point])
    return one.decode()


@settings(deadline=None)
@given(metric=names, host=names, part=names, field=names, value=numbers, time=st.integers(-(10**14), 10**14))
def test_a_line_is_what_the_client_writes(
    metric: str, host: str, part: str, field: str, value: float, time: int
) -> None:
    client: Any = ClientPoint(metric)  # type: ignore[no-untyped-call]
    client.tag("host", host).tag("interface", part).field(field, value)
    expected = client.time(time, WritePrecision.MS).to_line_protocol()
    ours = line(Point(metric, host, "interface", part, time, {field: value}))
    # The client drops `.0` from a float; the number is the same, and a float all the same.
    assert ours in (expected, f"{expected.removesuffix(f' {time}')}.0 {time}")


@settings(deadline=None)
@given(name=st.text(st.characters(codec="utf-8"), min_size=1))
def test_every_name_comes_back(name: str) -> None:
    assert plain(stored(name)) == name


@settings(deadline=None)
@given(name=st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_name_breaks_a_line(name: str) -> None:
    text = line(Point(name, name, "core", name, 1, {name: 1.0}))
    assert text.endswith("=1.0 1")
    assert not any(ord(letter) < 32 for letter in text)
    assert not text.startswith(("#", "_"))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("eth0", "eth0"),
        ("/mnt/100%", "/mnt/100%"),
        ("50%25", "50%2525"),
        ("C:\\", "C:%5C"),
        ("two\nlines", "two%0Alines"),
        ("time", "%74ime"),
        ("_field", "%5Ffield"),
        ("#1", "%231"),
        ("uptime", "uptime"),
    ],
)
def test_only_what_line_protocol_cannot_carry_is_written_otherwise(name: str, kept: str) -> None:
    assert stored(name) == kept


def test_every_number_is_a_float_and_a_time_an_integer() -> None:
    point = Point("cpu", "nas", "", "", 1_795_449_600_084, {"user": 7, "system": 0.1})
    assert line(point) == "cpu,host=nas user=7.0,system=0.1 1795449600084"


def test_tags_are_sorted() -> None:
    assert line(Point("disk", "a", "mountpoint", "/", 0, {"x": 1.0})) == "disk,host=a,mountpoint=/ x=1.0 0"
    assert line(Point("disk", "a", "device", "sda", 0, {"x": 1.0})) == "disk,device=sda,host=a x=1.0 0"


def test_a_point_without_numbers_is_no_line() -> None:
    assert list(Encoder().lines([Point("cpu", "nas", "", "", 0, {})])) == []


@settings(deadline=None)
@given(
    name=st.text(st.characters(codec="utf-8"), min_size=1), values=st.lists(numbers, min_size=3, max_size=3)
)
def test_a_reading_gives_the_lines_of_its_points(name: str, values: list[float]) -> None:
    parts = (Part("", "", ("user", name)), Part("core", name, ("100%s",)))
    reading = Numbers(Layout(name, name, parts), 5, values)
    encoder = Encoder()
    lines = b"\n".join(encoder.lines([reading, reading])).decode().split("\n")
    assert [parse_line(one, "ms") for one in lines] == [
        parse_line(one.decode(), "ms") for one in [*encoder.lines(reading.points())] * 2
    ]


def test_a_layout_that_changes_is_noticed() -> None:
    first, second = (
        Layout("cpu", "nas", (Part("", "", ("a",)),)),
        Layout("cpu", "nas", (Part("", "", ("b",)),)),
    )
    readings = [Numbers(layout, 1, [2.0]) for layout in (first, second, first)]
    assert list(Encoder().lines(readings)) == [b"cpu,host=nas %b=2.0 1" % name for name in (b"a", b"b", b"a")]


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_protocol, "MAX_REMEMBERED", 3)
    encoder = Encoder()
    written = [Point("cpu", f"h{number}", "", "", 0, {f"f{number}": 1.0}) for number in range(10)]
    assert list(encoder.lines(written)) == [
        f"cpu,host=h{number} f{number}=1.0 0".encode() for number in range(10)
    ]
    assert max(len(encoder._heads), len(encoder._keys)) <= 3
