from __future__ import annotations

import json
from typing import Any

from dashboard.views import chart, labels
from dashboard.views.lines import Line
from dashboard.views.ranges import Range
from perfwatch.history.store import Bucket

HOUR = Range(0, 3_600_000)


def _line(name: str = "Usage", *, largest: float = 30.0) -> Line:
    return Line(name, [Bucket(time, 20.0, 10.0, largest) for time in (0, 15_000, 30_000, 900_000)])


def _means(option: dict[str, Any]) -> list[dict[str, Any]]:
    return [series for series in option["series"] if series["encode"]["y"] == 1]


def test_the_option_is_json() -> None:
    json.dumps(chart.option([_line()], labels.PERCENT, HOUR), allow_nan=False)


def test_a_gap_is_a_row_of_nulls() -> None:
    rows = chart.option([_line()], labels.PERCENT, HOUR)["dataset"][0]["source"]
    assert rows[3] == [45_000, None, None, None, None]


def test_the_band_stands_on_the_minimum_and_reaches_the_maximum() -> None:
    option = chart.option([_line()], labels.PERCENT, HOUR)
    lower, width, _mean = option["series"]
    row = option["dataset"][0]["source"][0]
    assert lower["stack"] == width["stack"]
    assert row[lower["encode"]["y"]] + row[width["encode"]["y"]] == 30.0


def test_a_tooltip_has_the_bytes_in_the_units_of_the_axis() -> None:
    option = chart.option([_line(largest=2_500_000.0)], labels.RATE, HOUR)
    assert option["dataset"][0]["source"][0][3] == 2.5
    assert option["yAxis"]["axisLabel"]["formatter"] == "{value} MB/s"
    assert option["tooltip"]["valueFormatter"].endswith("MB/s")


def test_a_percent_sign_is_not_taken_for_a_format() -> None:
    assert chart.option([_line()], labels.PERCENT, HOUR)["tooltip"]["valueFormatter"] == "%.1f %%"


def test_many_lines_are_drawn_without_bands() -> None:
    few = [_line(str(number)) for number in range(chart.MOST_BANDS)]
    assert len(chart.option(few, labels.PERCENT, HOUR)["series"]) == 3 * chart.MOST_BANDS
    assert (
        len(chart.option([*few, _line("one more")], labels.PERCENT, HOUR)["series"]) == chart.MOST_BANDS + 1
    )


def test_the_axis_shows_the_whole_range_even_where_nothing_is() -> None:
    axis = chart.option([_line()], labels.PERCENT, HOUR)["xAxis"]
    assert (axis["min"], axis["max"]) == (0, 3_600_000)


def test_a_single_reading_is_a_dot() -> None:
    lonely = Line("Usage", [Bucket(0, 1.0, 1.0, 1.0)])
    assert _means(chart.option([lonely], labels.PERCENT, HOUR))[0]["showSymbol"]
    assert not _means(chart.option([_line()], labels.PERCENT, HOUR))[0]["showSymbol"]


def test_temperatures_may_be_below_zero() -> None:
    assert chart.option([_line()], labels.CELSIUS, HOUR)["yAxis"]["min"] is None
    assert chart.option([_line()], labels.PERCENT, HOUR)["yAxis"]["min"] == 0
