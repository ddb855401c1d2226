"""The components' own modules, each asked in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from dashboard.labels import METRICS
from tests.dashboard.modules import ask, served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served() as page:
        yield page


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example/x",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/a/..//evil.example",
        "/login?next=/login",
        "",
    ],
)
def test_the_login_page_never_leads_elsewhere(page: Page, wanted: str) -> None:
    script = "async (wanted) => (await import('/common/paths.js')).safePath(wanted, location.origin)"
    assert page.evaluate(script, wanted) == "/"


def test_the_login_page_leads_back_with_every_choice(page: Page) -> None:
    asked = "/history?range=6h&field=user&field=system"
    assert ask(page, "common/paths.js", f"m.safePath('{asked}', location.origin)") == asked


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("m.joined(m.percent(0))", "0.0 %"),
        ("m.joined(m.percent(null))", "–"),
        ("m.joined(m.rate(undefined))", "–"),
        ("m.joined(m.rate(999))", "999 B/s"),
        ("m.joined(m.rate(999999))", "1.00 MB/s"),
        ("m.joined(m.rate(12.4e6))", "12.4 MB/s"),
        ("m.joined(m.memory(8 * 2 ** 30))", "8.00 GiB"),
        ("m.frequency(800)", "800 MHz"),
        ("m.age(1234)", "1.2 s ago"),
        ("m.age(-300)", "0.0 s ago"),
        ("m.age(90_000)", "1 min ago"),
        ("m.span(273_600)", "3 d 4 h"),
        ("m.mean([null, 1000, 3000])", 2000),
        ("m.mean([])", None),
        ("m.joined(m.perSecond(7.25))", "7.3 /s"),
        ("m.joined(m.perSecond(12345))", "12.3 k/s"),
        ("m.joined(m.counted(9.1e9))", "9.10 G"),
        ("m.joined(m.counted(null))", "–"),
        ("m.joined(m.fixed('°C', 1)(-3.5))", "-3.5 °C"),
        ("m.moment(Date.UTC(2026, 10, 25, 12, 5, 9), Date.UTC(2026, 10, 25, 13))", "12:05:09"),
        ("m.moment(Date.UTC(2026, 10, 25, 12, 5, 9), Date.UTC(2026, 10, 26, 12))", "25 Nov, 12:05"),
        ("m.dated('2026-11-25T12:05:09Z')", "25 Nov 2026, 12:05"),
        ("m.dated(null)", "–"),
    ],
)
def test_numbers_are_written_as_people_read_them(page: Page, expression: str, written: object) -> None:
    assert ask(page, "common/format.js", expression) == written


def _columns(page: Page, calls: str) -> Any:
    return page.evaluate(
        "async () => { const { Timeline } = await import('/common/timeline.js');"
        f" const line = new Timeline(1); {calls}; return line.columns(); }}"
    )


def test_a_gap_stays_a_gap(page: Page) -> None:
    times, values = _columns(page, "for (const t of [0, 5e3, 10e3, 60e3]) line.add(t, [t / 1e3])")
    assert times == [0, 5000, 10000, 10001, 60000]
    assert values == [0, 5, 10, None, 60]


def test_a_reading_that_comes_twice_is_drawn_once(page: Page) -> None:
    times, _ = _columns(page, "line.add(5e3, [1]); line.add(5e3, [1]); line.add(0, [9])")
    assert times == [5000]


def test_history_fills_what_was_missed_and_leaves_what_was_seen(page: Page) -> None:
    live = "for (const t of [20e3, 25e3, 30e3]) line.add(t, [1])"
    times, values = _columns(page, f"{live}; line.fill([10e3, 15e3, 20e3, 25e3].map((t) => [t, 2]))")
    assert times == [10000, 15000, 20000, 25000, 30000]
    assert values == [2, 2, 1, 1, 1]


def test_what_is_older_than_the_window_is_let_go(page: Page) -> None:
    times, _ = _columns(page, "line.interval = 1e6; line.add(0, [1]); line.add(361e3, [2])")
    assert times == [361000]


def test_a_value_that_could_not_be_read_is_no_zero(page: Page) -> None:
    _, values = _columns(page, "line.add(0, [null]); line.add(5e3, [undefined]); line.add(10e3, [0])")
    assert values == [None, None, 0]


@pytest.mark.parametrize(("largest", "top"), [(0, 10), (11, 20), (20, 20), (21, 50), (99, 100), (501, 1000)])
def test_a_scale_ends_at_a_round_number(page: Page, largest: float, top: float) -> None:
    assert ask(page, "common/scale.js", f"m.roundUp({largest}, 10)") == top


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("soil_moisture_percent", 41.27, "41.3 %"),
        ("bytes_recv_per_sec", 2e6, "2.00 MB/s"),
        ("temperature_celsius", -3.5, "-3.5 °C"),
        ("rain_per_sec", 0.4, "0.4 /s"),
        ("read_iops", 7, "7.0 /s"),
        ("power_watts", 412, "412 W"),
        ("celsius", 21.54, "21.5 °C"),
        ("megahertz", 3, "3"),
        ("supply_volts", 21.5, "21.5 V"),
        ("visitors", 12345, "12.3 k"),
        ("ratio", 0.333, "0.33"),
        ("ratio", None, "–"),
    ],
)
def test_a_fields_name_tells_its_unit(page: Page, field: str, value: float | None, written: str) -> None:
    assert ask(page, "common/units.js", "m.written('roof', ...given)", [field, value]) == written


def test_a_fields_name_is_said_without_its_unit(page: Page) -> None:
    assert ask(page, "common/units.js", "['soil_moisture_percent', 'up'].map(m.words)") == [
        "Soil moisture",
        "Up",
    ]


def test_a_metric_has_one_name_on_all_pages_and_is_explained(page: Page) -> None:
    names = ask(page, "common/metrics.js", "given.map(m.metricName)", list(METRICS))
    assert dict(zip(METRICS, names, strict=True)) == METRICS
    assert all(ask(page, "common/metrics.js", "given.map(m.metricHelp)", list(METRICS)))
    assert ask(page, "common/metrics.js", "[m.metricName('solar_roof'), m.metricHelp('solar_roof')]") == [
        "Solar roof",
        "",
    ]


def test_links_carry_every_choice(page: Page) -> None:
    series = "{ host: 'a b', metric: 'cpu', of: 'core', fields: ['usage_percent'], parts: ['0', '1'] }"
    link = ask(page, "common/links.js", f"m.historyPath({series})")
    assert link == "/history?host=a+b&metric=cpu&of=core&field=usage_percent&part=0&part=1&range=1h"


def test_a_device_is_shown_by_the_names_of_its_fields(page: Page) -> None:
    reading = "{ timestamp: 'x', label: 'roof', cells: { a: { volts: 3.3 } }, on: true }"
    card = (
        f"(() => {{ const card = m.generic('solar_roof'); return [card.metric, card.views({reading})[0].lines"
    )
    card += f".map(({{ field, take }}) => [field, take({reading}), take({{ cells_a_volts: 3 }})])]; }})()"
    assert ask(page, "live/cards/generic.js", card) == ["solar_roof", [["cells_a_volts", 3.3, 3]]]


def test_a_count_that_went_backwards_has_no_rate(page: Page) -> None:
    past = "{ reading: { n: 10 }, seconds: 2 }"
    rates = f"[[30, {past}], [5, {past}], [5, null]].map(([n, past]) => m.growth({{ n }}, past, 'n'))"
    assert ask(page, "live/cards/lines.js", rates) == [10, None, None]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("{ host: null, hosts: [] }", "No readings yet."),
        ("{ host: 'x', hosts: [{ host: 'a' }] }", "No host called x has been heard of. Known are a"),
        ("{ host: 'a', hosts: [{ host: 'a', status: 'offline' }], shown: 0 }", "a is offline since"),
        (
            "{ host: 'a', hosts: [{ host: 'a', status: 'online' }], late: true }",
            "No reading of a yet, though it says",
        ),
        (
            "{ host: 'a', hosts: [{ host: 'a', kind: 'device' }], late: true }",
            "No reading of a yet. It publishes by itself",
        ),
        ("{ host: 'a', hosts: [{ host: 'a' }], shown: 0, trouble: { broker: 'Lost.' } }", "Lost."),
        ("{ host: 'a', hosts: [{ host: 'a' }], shown: 0, unfilled: 'no store' }", "The charts begin now"),
        ("{ host: 'a', hosts: [{ host: 'a' }], shown: 0 }", ""),
    ],
)
def test_what_matters_most_is_said_first(page: Page, state: str, said: str) -> None:
    complete = f"{{ shown: null, late: false, trouble: {{}}, unfilled: null, ...{state} }}"
    text = ask(page, "live/notice.js", f"m.notice({complete}).text")
    assert text.startswith(said)
    assert bool(text) == bool(said)


def test_stacked_lines_stand_on_each_other(page: Page) -> None:
    columns = "[[1, 2], [10, 20], [5, null], [1, 1]]"
    assert ask(page, "common/chart.js", f"m.stack({columns})") == [[1, 2], [10, 20], [15, None], [16, 21]]
