"""Lines of other programs and of our own become points, or are refused with a reason."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.history.store import Point, Series
from perfwatch.history.transfer.export import ExportedNumber, LineWriter
from perfwatch.history.transfer.line_parser import LineError, parse_line


@pytest.mark.parametrize(
    ("line", "point"),
    [
        (
            "cpu,host=nas user=1.5,system=2 1795435200250000000",
            Point("cpu", "nas", "", "", 1795435200250, {"user": 1.5, "system": 2.0}),
        ),
        ("cpu,host=nas,core=0 x=7i 1000000", Point("cpu", "nas", "core", "0", 1, {"x": 7.0})),
        ("cpu,core=0,host=nas x=7u 1000000", Point("cpu", "nas", "core", "0", 1, {"x": 7.0})),
        ("cpu,host=nas x=-1.5e-3 1000000\r\n", Point("cpu", "nas", "", "", 1, {"x": -0.0015})),
        ("cpu,host=nas  x=.5   2000000", Point("cpu", "nas", "", "", 2, {"x": 0.5})),
        (r"a\ b,host=n\,s,disk=a\=b x\ y=1 0", Point("a b", "n,s", "disk", "a=b", 0, {"x y": 1.0})),
        (r"c,host=C:\dir x=1 0", Point("c", r"C:\dir", "", "", 0, {"x": 1.0})),
        ('c,host="nas" x=1 0', Point("c", '"nas"', "", "", 0, {"x": 1.0})),
        ('c,host=it"s x=1 0', Point("c", 'it"s', "", "", 0, {"x": 1.0})),
        ('c,host=n text="a b,c=1 \\" d",x=1 0', Point("c", "n", "", "", 0, {"x": 1.0})),
        ("c,host=n up=true,x=1,down=F 0", Point("c", "n", "", "", 0, {"x": 1.0})),
        ("c,host=two%0Alines x=1 0", Point("c", "two\nlines", "", "", 0, {"x": 1.0})),
        ("c,host=100% x=1 0", Point("c", "100%", "", "", 0, {"x": 1.0})),
    ],
)
def test_a_line_is_a_point(line: str, point: Point) -> None:
    assert parse_line(line) == point


@pytest.mark.parametrize("line", ["", "\n", "# a comment", "c,host=n up=true 0", 'c,host=n text="x" 0'])
def test_a_line_without_numbers_is_passed_over(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("precision", "text", "time"),
    [("ns", "1999999", 1), ("us", "1999", 1), ("ms", "7", 7), ("s", "3", 3000), ("ns", "-0", 0)],
)
def test_times_are_milliseconds(precision: str, text: str, time: int) -> None:
    point = parse_line(f"c,host=n x=1 {text}", precision)
    assert point is not None
    assert point.time == time


def test_a_line_without_a_time_is_of_now() -> None:
    assert parse_line("c,host=n x=1", now=42) == Point("c", "n", "", "", 42, {"x": 1.0})
    with pytest.raises(LineError, match="it has no time"):
        parse_line("c,host=n x=1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "expected `measurement,host"),
        ("c,host=n x=1 2 3", "expected `measurement,host"),
        ("c x=1 0", "no tag `host`"),
        ("c,host= x=1 0", "tag 'host=' is not key=value"),
        (",host=n x=1 0", "no measurement"),
        ("c,host=n,a=1,b=2 x=1 0", "one tag beside `host` at most, found a, b"),
        ("c,host=n x 0", "field 'x' is not key=value"),
        ("c,host=n x=fast 0", "field x is 'fast', expected a number"),
        ("c,host=n x=nan 0", "field x is 'nan', expected a number"),
        ("c,host=n x=1_0 0", "field x is '1_0', expected a number"),
        ("c,host=n x=1e999 0", "field x is '1e999', which is too large"),
        ('c,host=n x="a 0', "not ended by a quote"),
        ("c,host=n x=1 soon", "time is 'soon', expected a whole number of ns"),
        ("c,host=n x=1 1.5", "time is '1.5'"),
    ],
)
def test_a_bad_line_says_what_is_wrong(line: str, reason: str) -> None:
    with pytest.raises(LineError, match=reason):
        parse_line(line)


@pytest.mark.parametrize(("time", "precision"), [(-1, "ms"), (253_402_300_800_000, "ms"), (10**18, "us")])
def test_a_time_before_1970_or_after_the_year_9999_is_refused(time: int, precision: str) -> None:
    with pytest.raises(LineError, match=f"too far away: is it in {precision}"):
        parse_line(f"c,host=n x=1 {time}", precision)


def test_a_time_in_the_wrong_precision_is_refused() -> None:
    with pytest.raises(LineError, match="too far away: is it in s"):
        parse_line("c,host=n x=1 1795435200250000000", "s")


# Nanoseconds in 64 bits end in 2262.
# A name that begins with # would be a comment; a tag `host` of a part is the host's own.
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
words = names.filter(lambda name: not name.startswith("#") and name.strip("\r\n ") == name and name != "host")


@given(
    words,
    names,
    st.one_of(st.just(""), words),
    names,
    words,
    st.floats(-1e300, 1e300),
    st.integers(0, 9 * 10**12),
)
def test_what_is_exported_can_be_read_again(
    metric: str, host: str, tag: str, part: str, field: str, value: float, time: int
) -> None:
    series = Series(metric, host, tag, part if tag else "", field)
    stream = io.BytesIO()
    LineWriter(stream).write([ExportedNumber(time, series, value)])
    lines = stream.getvalue().split(b"\n")
    assert lines[1:] == [b""]
    assert parse_line(lines[0].decode()) == Point(*series[:4], time, {field: value})
