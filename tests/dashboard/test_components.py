"""The components' own modules, each asked in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

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
    assert ask(page, "common/chart.js", f"m.roundUp({largest}, 10)") == top
