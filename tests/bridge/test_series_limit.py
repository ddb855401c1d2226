"""How many series a host may have: what it has stays, and what is beyond is left out and said once."""

from __future__ import annotations

import msgspec

from bridge.series_limit import DAY_MS, Gate, SeriesLimit
from perfwatch.history.store import Layout, Numbers, Part

Told = list[str]


def reading(*fields: str, host: str = "nas", part: str = "") -> Numbers:
    layout = Layout("shed", host, (Part("", part, fields),))
    return Numbers(layout, 0, [float(number) for number in range(len(fields))])


def kept(numbers: Numbers) -> dict[str, float]:
    return {name: value for point in numbers.points() for name, value in point.fields.items()}


def test_what_is_beyond_the_limit_is_left_out_and_told_once() -> None:
    told: Told = []
    series = SeriesLimit(3, told.append)
    gate = Gate(series)
    assert kept(gate.pass_on(reading("a", "b"), 0)) == {"a": 0, "b": 1}
    for _ in range(2):
        assert kept(gate.pass_on(reading("x", "a", "y", "b"), 0)) == {"x": 0, "a": 1, "b": 3}
    assert (told, series.full_hosts, series.left_out) == (["nas"], ["nas"], 2)


def test_a_layout_that_fits_is_passed_on_as_it_is() -> None:
    gate, numbers = Gate(SeriesLimit(3, print)), reading("a", "b")
    assert gate.pass_on(numbers, 0) is numbers


def test_a_name_in_two_layouts_is_one_series() -> None:
    gate = Gate(SeriesLimit(3, print))
    for fields in (("a", "b"), ("b", "c"), ("a", "c")):
        assert list(kept(gate.pass_on(reading(*fields), 0))) == list(fields)
    assert not kept(gate.pass_on(reading("d"), 0))


def test_the_topics_of_a_host_share_its_limit_and_hosts_do_not() -> None:
    series = SeriesLimit(2, print)
    assert kept(Gate(series).pass_on(reading("a", "b", part="one"), 0))
    assert not kept(Gate(series).pass_on(reading("a", "b", part="two"), 0))
    assert kept(Gate(series).pass_on(reading("a", "b", host="pi"), 0))


def test_what_did_not_come_for_a_day_makes_room() -> None:
    series = SeriesLimit(2, print)
    gate = Gate(series)
    gate.pass_on(reading("a", "b"), 0)
    gate.pass_on(reading("b"), DAY_MS)
    assert not kept(gate.pass_on(reading("c"), DAY_MS))
    assert kept(gate.pass_on(reading("c"), 2 * DAY_MS)) == {"c": 0}
    assert kept(gate.pass_on(reading("b"), 2 * DAY_MS)) == {"b": 0}
    assert not kept(gate.pass_on(reading("a"), 2 * DAY_MS))


def test_who_is_away_for_longest_makes_room_first() -> None:
    gate = Gate(SeriesLimit(2, print))
    days = [(0, "a"), (0, "b"), (0, "c"), (1, "a"), (2, "c"), (2, "a"), (2, "b")]
    found = [list(kept(gate.pass_on(reading(field), day * DAY_MS))) for day, field in days]
    assert found == [["a"], ["b"], [], ["a"], ["c"], ["a"], []]


def test_a_layout_that_had_no_place_is_looked_at_again_the_next_day() -> None:
    series = SeriesLimit(1, print)
    Gate(series).pass_on(reading("a"), 0)
    gate, waiting = Gate(series), reading("b")
    assert not kept(gate.pass_on(waiting, DAY_MS))
    assert not kept(gate.pass_on(waiting, 2 * DAY_MS - 1))
    assert kept(gate.pass_on(waiting, 2 * DAY_MS)) == {"b": 0}


def test_what_is_left_has_its_time() -> None:
    numbers = msgspec.structs.replace(reading("a", "b"), time=7)
    assert Gate(SeriesLimit(1, print)).pass_on(numbers, 0).time == 7
