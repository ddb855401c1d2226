"""The History page's own modules, each asked in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.dashboard.modules import ask, served

pytestmark = pytest.mark.browser

RATE = {"names": ["B/s", "kB/s", "MB/s"], "base": 1000, "digits": 2, "from_zero": True}
MEMORY = {"names": ["B", "KiB", "MiB", "GiB"], "base": 1024, "digits": 2, "from_zero": True}
PERCENT = {"names": ["%"], "base": 1000, "digits": 1, "from_zero": True}
CELSIUS = {"names": ["°C"], "base": 1000, "digits": 1, "from_zero": False}
COUNT = {"names": [""], "base": 1000, "digits": 0, "from_zero": True}

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served("Europe/Berlin") as page:
        yield page


def history(page: Page, module: str, expression: str, given: object = None) -> Any:
    return ask(page, f"history/{module}.js", expression, given)


# The address


def test_a_link_opens_what_it_was_made_of(page: Page) -> None:
    link = (
        "range=custom&from=2026-11-23T12%3A00%3A00.000Z&to=2026-11-23T13%3A00%3A00.000Z&metric=cpu&of=core"
        "&field=usage_percent&host=nas&host=pi&part=0&part=1&compare=2026-11-20T12%3A00%3A00.000Z"
    )
    assert history(page, "view", "m.write(m.read(given))", f"?{link}") == link


@pytest.mark.parametrize("name", ["yesterday", "week"])
def test_a_link_may_compare_by_name(page: Page, name: str) -> None:
    assert history(page, "view", "m.read(given).compare", f"?compare={name}") == name


def test_what_a_link_has_wrong_is_as_if_it_were_not_there(page: Page) -> None:
    view = history(page, "view", "m.read(given)", "?range=forever&from=soon&compare=never")
    assert (view["range"], view["from"], view["compare"], view["hosts"]) == ("1h", None, None, [])


def test_a_range_ends_now_or_where_it_is_told(page: Page) -> None:
    assert history(page, "view", "m.span({ range: '6h' }, given)", 100 * HOUR) == [94 * HOUR, 100 * HOUR]
    assert history(page, "view", "m.span({ range: 'custom', from: 5, to: 9 }, 0)") == [5, 9]
    assert history(page, "view", "m.span({ range: 'custom', from: 9, to: 5 }, 0)") is None


def test_yesterday_is_the_same_time_of_day_also_when_the_clocks_changed(page: Page) -> None:
    noon = "new Date('2026-10-25T12:00:00+01:00').getTime()"
    assert history(page, "view", f"m.shift('yesterday', {noon})") == 25 * HOUR
    assert history(page, "view", f"m.shift('yesterday', {noon} + {2 * DAY})") == 24 * HOUR
    assert history(page, "view", f"m.shift('week', {noon})") == 7 * DAY + HOUR


def test_a_zoom_never_shows_less_than_ten_seconds(page: Page) -> None:
    assert history(page, "view", "m.widened([0, 100], 0.5)") == [-4950, 5050]
    assert history(page, "view", "m.widened([0, 100000], 2)") == [-50_000, 150_000]
    assert history(page, "view", "m.moved([0, 100], 0.5)") == [50, 150]


def test_times_are_typed_in_the_browsers_zone(page: Page) -> None:
    summer = "new Date('2026-07-01T12:00:30Z').getTime()"
    assert history(page, "view", f"m.toInput({summer})") == "2026-07-01T14:00:30"
    assert history(page, "view", f"m.fromInput(m.toInput({summer})) - {summer}") == 0
    assert history(page, "view", "m.fromInput('')") is None


# What there is

CATALOGUE = {
    "metrics": [
        {
            "name": "cpu",
            "label": "CPU",
            "hosts": ["nas", "pi"],
            "of": [
                {
                    "tag": "",
                    "label": "Whole host",
                    "fields": [
                        {"name": "usage_percent", "label": "Usage", "unit": "percent"},
                        {"name": "celsius", "label": "Temperature", "unit": "celsius"},
                        {"name": "user", "label": "User", "unit": "percent"},
                        {"name": "switches", "label": "Switches", "unit": "count"},
                    ],
                    "parts": [],
                },
                {
                    "tag": "core",
                    "label": "Core",
                    "fields": [{"name": "usage_percent", "label": "Usage", "unit": "percent"}],
                    "parts": [
                        {"name": str(core), "label": f"Core {core}", "hosts": [0, 1] if core < 2 else [0]}
                        for core in range(6)
                    ],
                },
            ],
        }
    ],
    "units": {"percent": PERCENT, "celsius": CELSIUS, "count": COUNT},
}
NOTHING: dict[str, object] = {"metric": None, "of": None, "hosts": [], "fields": [], "parts": []}


def choose(page: Page, expression: str, **view: object) -> Any:
    given = {"all": CATALOGUE, "view": {**NOTHING, **view}}
    return history(
        page, "catalogue", f"((c, view) => {expression})(new m.Catalogue(given.all), given.view)", given
    )


def test_it_begins_with_the_first_number_of_the_favourite_host(page: Page) -> None:
    assert choose(page, "c.complete(view, 'pi')") == {
        "metric": "cpu",
        "of": "",
        "hosts": ["pi"],
        "fields": ["usage_percent"],
        "parts": [],
    }
    assert choose(page, "c.complete(view, 'gone').hosts") == ["nas"]


def test_the_first_parts_of_the_chosen_hosts_are_offered(page: Page) -> None:
    assert choose(page, "c.complete(view).parts", of="core", hosts=["nas"]) == ["0", "1", "2", "3"]
    assert choose(page, "c.complete(view).parts", of="core", hosts=["pi"]) == ["0", "1"]
    assert choose(page, "c.complete(view).parts", of="core", hosts=["pi"], parts=["1", "5"]) == ["1"]


def test_a_host_that_is_not_there_is_named_and_no_other_is_shown_for_it(page: Page) -> None:
    assert choose(page, "c.complete(view).hosts", hosts=["gone"]) == []
    assert "“gone”" in choose(page, "c.missing(view)", hosts=["gone", "nas"])
    assert "“weather”" in choose(page, "c.missing(view)", metric="weather")
    assert choose(page, "c.missing(view)", metric="cpu", hosts=["nas"]) == ""


def test_a_chart_has_room_for_two_units(page: Page) -> None:
    fields = ["usage_percent", "celsius", "user", "switches"]
    sides = choose(page, "c.sides(view)", metric="cpu", of="", fields=fields)
    assert sides == {"drawn": ["usage_percent", "celsius", "user"], "left": ["switches"]}


# Numbers


@pytest.mark.parametrize(
    ("unit", "value", "written"),
    [
        (PERCENT, 12.34, "12.3 %"),
        (RATE, 0, "0 B/s"),
        (RATE, 999, "999 B/s"),
        (RATE, 2_500_000, "2.50 MB/s"),
        (RATE, 5e12, "5,000,000.00 MB/s"),
        (MEMORY, 6.5 * 2**30, "6.50 GiB"),
        (COUNT, 1234567, "1,234,567"),
        (COUNT, 12.4, "12"),
        (COUNT, 0.333, "0.33"),
        (CELSIUS, -3.25, "-3.3 °C"),
        (PERCENT, None, "–"),
    ],
)
def test_a_number_is_written_in_the_unit_that_suits_it(
    page: Page, unit: dict[str, Any], value: float | None, written: str
) -> None:
    assert history(page, "units", "m.written(...given)", [unit, value]) == written


@pytest.mark.parametrize(
    ("now", "then", "written"),
    [(60, 50, "+20.0 %"), (40, 50, "-20.0 %"), (-5, -10, "+50.0 %"), (5, 0, "–"), (None, 5, "–")],
)
def test_a_change_is_a_share_of_what_was(page: Page, now: float | None, then: float, written: str) -> None:
    assert history(page, "units", "m.change(...given)", [now, then]) == written


@pytest.mark.parametrize(
    ("unit", "low", "high", "texts"),
    [
        (PERCENT, 12, 71, ["0 %", "20 %", "40 %", "60 %", "80 %"]),
        (RATE, 5e5, 3.4e6, ["0 MB/s", "1 MB/s", "2 MB/s", "3 MB/s", "4 MB/s"]),
        (MEMORY, 0, 3.5 * 2**30, ["0 GiB", "1 GiB", "2 GiB", "3 GiB", "4 GiB"]),
        (CELSIUS, 41, 44, ["41 °C", "42 °C", "43 °C", "44 °C"]),
        (COUNT, 0, 7_500_000_000, ["0 G", "2 G", "4 G", "6 G", "8 G"]),
        (COUNT, 0, 40_000, ["0", "10,000", "20,000", "30,000", "40,000"]),
        (PERCENT, 0, 0, ["0 %", "0.25 %", "0.5 %", "0.75 %", "1 %"]),
    ],
)
def test_an_axis_has_round_numbers(
    page: Page, unit: dict[str, Any], low: float, high: float, texts: list[str]
) -> None:
    script = "(([unit, low, high]) => m.tickTexts(unit, m.axis(unit, low, high, 4).ticks))(given)"
    assert history(page, "units", script, [unit, low, high]) == texts


# Lines

WORDS = "{ field: (name) => name.toUpperCase(), part: (name) => `Core ${name}`, unit: () => 'unit' }"


def series(host: str = "nas", part: str = "", field: str = "usage", **columns: object) -> dict[str, Any]:
    values = [1, None, 3]
    return {"host": host, "part": part, "field": field, "newest": None} | {
        name: columns.get(name, values) for name in ("mean", "min", "max")
    }


def names(page: Page, *several: dict[str, Any]) -> list[str]:
    answer = {"times": [0, 10, 20], "series": several}
    found: list[str] = history(page, "lines", f"m.linesOf(given, {WORDS}).map((l) => l.name)", answer)
    return found


def test_a_line_is_named_by_what_tells_it_apart(page: Page) -> None:
    assert names(page, series()) == ["USAGE"]
    assert names(page, series(part="3")) == ["Core 3"]
    assert names(page, series(part="3"), series(part="3", field="heat")) == [
        "USAGE · Core 3",
        "HEAT · Core 3",
    ]
    assert names(page, series(), series(host="pi")) == ["USAGE · nas", "USAGE · pi"]


def test_a_line_has_only_the_buckets_with_readings_and_may_be_moved_in_time(page: Page) -> None:
    answer = {"times": [0, 10, 20], "series": [series()]}
    [line] = history(page, "lines", f"m.linesOf(given, {WORDS}, 5)", answer)
    assert (line["times"], line["mean"]) == ([5, 25], [1, 3])


def test_no_two_of_32_lines_look_alike(page: Page) -> None:
    answer = {"times": [0, 10, 20], "series": [series(part=str(core)) for core in range(32)]}
    lines = history(page, "lines", f"m.linesOf(given, {WORDS})", answer)
    assert {line.get("dash") for line in lines[:8]} == {None}
    assert lines[8]["color"] == lines[0]["color"]
    assert len({(line["color"], str(line.get("dash"))) for line in lines}) == 32


@pytest.mark.parametrize(
    ("times", "drawn"),
    [
        ([0, 5, 10, 40, 45], [0, 5, 10, 15, 40, 45]),  # a gap
        ([0, 5, 15, 20], [0, 5, 15, 20]),  # one reading is missing
        (list(range(0, 6000, 600)), list(range(0, 6000, 600))),  # a host that ticks slower than the buckets
        ([], []),
    ],
)
def test_missing_readings_break_the_line(page: Page, times: list[int], drawn: list[int]) -> None:
    line = {name: times for name in ("times", "mean", "min", "max")}
    columns = history(page, "lines", "m.withGaps(given, 5)", line)
    assert columns[0] == drawn
    assert [value for value in columns[1] if value is not None] == times


def test_a_summary_is_over_all_buckets_and_the_newest_reading_itself(page: Page) -> None:
    line = {"mean": [2, 4], "min": [1, 3], "max": [3, 5], "newest": {"time": 9, "value": 3.5}}
    assert history(page, "lines", "m.summary(given)", line) == {
        "average": 3,
        "minimum": 1,
        "maximum": 5,
        "newest": 3.5,
    }


@pytest.mark.parametrize(("time", "place"), [(0, 0), (14, 1), (16, 2), (29, 2), (31, -1), (-11, -1)])
def test_the_pointer_reads_the_bucket_nearest_to_it(page: Page, time: int, place: int) -> None:
    assert history(page, "lines", "m.nearest([0, 10, 20], given, 10)", time) == place


# Times


def test_a_day_on_which_the_clocks_change_is_said(page: Page) -> None:
    span = "[Date.parse('2026-10-24T00:00Z'), Date.parse('2026-10-26T00:00Z')]"
    said = "Europe/Berlin (UTC+02:00, from 25 Oct UTC+01:00)"
    assert history(page, "times", f"m.zoneText({span})") == said


def test_the_day_stands_where_it_begins(page: Page) -> None:
    ticks = "[20, 22, 24, 26].map((hour) => Date.parse('2026-11-23T00:00+01:00') + hour * 3600e3)"
    assert history(page, "times", f"m.axisTexts({ticks})") == [
        "20:00\n23 Nov",
        "22:00",
        "00:00\n24 Nov",
        "02:00",
    ]


@pytest.mark.parametrize(
    ("length", "text"), [(15_000, "15 s"), (5 * MINUTE, "5 min"), (3 * HOUR, "3 h"), (DAY, "1 d")]
)
def test_lengths_are_words(page: Page, length: int, text: str) -> None:
    assert history(page, "times", "m.lengthText(given)", length) == text


# Files


def test_numbers_as_a_file_have_a_row_a_time_and_a_column_a_line_and_statistic(page: Page) -> None:
    line = {
        "name": '=evil, "cpu"',
        "unit": PERCENT,
        "times": [0, 1000],
        "mean": [1, 2],
        "min": [0, 1],
        "max": [3, 4],
    }
    other = {**line, "name": "Usage", "times": [1000], "mean": [9], "min": [9], "max": [9]}
    text = history(page, "save", "m.csv(given, 'yesterday')", {"lines": [line], "compared": [other]})
    head, *rows = text.split("\r\n")
    first = '"\'=evil, ""cpu"" mean (%)"'
    assert head.startswith(f"time,{first},")
    assert head.endswith('"Usage, yesterday mean (%)","Usage, yesterday min (%)","Usage, yesterday max (%)"')
    assert rows == ["1970-01-01T00:00:00.000Z,1,0,3,,,", "1970-01-01T00:00:01.000Z,2,1,4,9,9,9", ""]


def test_a_files_name_says_what_is_in_it(page: Page) -> None:
    given = [["CPU", "Usage + Load, 1 min", "../nas"], [0, 3600_000], "csv"]
    name = history(page, "save", "m.fileName(...given)", given)
    assert name == "perfwatch_cpu_usage-load-1-min_nas_19700101T0000Z_19700101T0100Z.csv"


# Fingers


def test_one_finger_moves_the_chart_and_two_stretch_it(page: Page) -> None:
    one, other = {"x": 50, "time": 100}, {"x": 90, "time": 200}
    assert history(page, "gestures", "m.held(given, 100, [0, 200])", [one]) == [0, 200]
    assert history(page, "gestures", "m.held(given, 100, [0, 200])", [{**one, "x": 0}]) == [100, 300]
    assert history(page, "gestures", "m.held(given, 100, [0, 200])", [one, other]) == [-25, 225]
