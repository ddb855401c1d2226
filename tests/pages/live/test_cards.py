"""The cards of the Live page: this machine, and machines that have all there is to read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.pages.conftest import (
    DESKTOP,
    Watched,
    choose_theme,
    fits_sideways,
    keep,
    open_live,
    violations,
)
from tests.pages.live.opener import CORES, NO_GPU, NO_PERF, open_host, show_all
from tests.pages.machines import everything
from tests.stack import Dashboard, Stack, bearer
from tests.stack import log_in as token_of

pytestmark = pytest.mark.browser

# Of each card what is told twice: a number in the legend that stands among the figures above it.
TWICE = r"""(cards) => cards.flatMap((card) => {
  const text = (one) => (one?.textContent ?? "").replace(/\s/g, "");
  const told = new Set([...card.querySelectorAll(".value, .sides dd")].map(text));
  return [...card.querySelectorAll(".legend .entry")]
    .filter((entry) => told.has(text(entry.querySelector("b"))))
    .map((entry) => `${card.dataset.key}: ${text(entry).replace(/[\d.,]/g, "")}`);
})"""

# How many pixels of a card are left below all that it holds.
EMPTY = """(cards) => Object.fromEntries(cards.map((card) => {
  const bottom = (one) => one.getBoundingClientRect().bottom;
  const isHeld = (one) => one.checkVisibility() && (one.tagName === "CANVAS" || !one.children.length);
  const held = Math.max(...[...card.querySelectorAll("*")].filter(isHeld).map(bottom));
  const padding = parseFloat(getComputedStyle(card).paddingBottom);
  return [card.dataset.key, Math.round(bottom(card) - padding - held)];
}))"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_everything_that_a_machine_has_is_shown(
    context: BrowserContext, dashboard: Dashboard, theme: str
) -> None:
    choose_theme(context, theme)
    watched = Watched(context.new_page())
    page = watched.page
    cards = open_host(page, dashboard, "big")
    show_all(page)
    shown = cards.locator("article").evaluate_all("(cards) => cards.map((card) => card.dataset.metric)")
    assert sorted(shown) == sorted(everything(0, 1))
    for main in page.locator(".card .value b").all():
        expect(main).to_have_text(re.compile(r"\d"))
    expect(page.get_by_test_id("network-recv")).to_have_text(re.compile(r"[kM]?B/s$"))
    expect(page.get_by_test_id("card-perf_events")).to_contain_text("LLC-load-missesnot supported here")
    expect(page.get_by_test_id("card-gpu")).to_contain_text("nvidia1")
    expect(page.get_by_test_id("card-containers")).to_contain_text("exited")
    expect(page.get_by_test_id("card-systemd")).to_contain_text("backup.service")
    keep(page, f"live-everything-{theme}")
    assert violations(page) == []
    assert watched.complaints == []
    assert watched.foreign(dashboard.url) == []


def test_a_number_stands_once_in_a_card(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    cards = open_host(page, dashboard, "big")
    show_all(page)
    twice: set[str] | None = None
    for _ in range(3):  # two numbers that are alike are so for one reading
        found = set(cards.locator(".card").evaluate_all(TWICE))
        twice = found if twice is None else twice & found
        shown = cards.get_attribute("data-timestamp") or ""
        expect(cards).not_to_have_attribute("data-timestamp", shown)
    assert twice == set()


def test_a_card_is_as_high_as_what_it_holds(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    cards = open_host(page, dashboard, "big")
    show_all(page)
    empty: dict[str, int] = cards.locator(".card").evaluate_all(EMPTY)
    assert len(empty) == len(everything(0, 1))
    assert {card: left for card, left in empty.items() if left > 8} == {}


def test_each_of_many_cores_can_be_read(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    open_host(page, dashboard, "big")
    strip = page.get_by_test_id("cpu-cores")
    expect(strip.locator(".core")).to_have_count(CORES)
    expect(strip).to_have_accessible_name(re.compile("128 cores, .* the busiest"))
    page.get_by_role("button", name="Cores").click()
    heat = page.get_by_test_id("chart-cpu-cores").locator(".u-over")
    heat.hover(position={"x": 300, "y": 30})
    expect(page.get_by_test_id("card-cpu").locator(".legend:visible time")).to_have_text(
        re.compile(r"Core \d+: [\d.]+ % · \d\d:\d\d")
    )
    keep(page, "live-cores")


def test_what_a_machine_lacks_is_said(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    open_host(page, dashboard, "small")
    expect(page.get_by_test_id("card-perf_events")).to_contain_text(NO_PERF)
    expect(page.get_by_test_id("card-gpu")).to_have_count(0)
    missing = page.get_by_test_id("missing")
    expect(missing.locator("summary")).to_have_text("Not read on this host: GPU")
    missing.locator("summary").click()
    expect(missing).to_contain_text(NO_GPU)
    expect(page.get_by_test_id("cpu-cores").locator("em")).to_have_text([re.compile(r"\d %$")] * 2)
    expect(page.get_by_test_id("notice")).to_be_hidden()


def test_a_device_with_metrics_of_its_own_gets_a_card(context: BrowserContext, dashboard: Dashboard) -> None:
    watched = Watched(context.new_page())
    page = watched.page
    open_host(page, dashboard, "roof")
    expect(page.get_by_test_id("card-climate.temperature_celsius").locator("h2")).to_have_text("Temperature")
    expect(page.get_by_test_id("climate-temperature_celsius")).to_have_text(re.compile(r"-\d\.\d°C"))
    for field, text in {
        "humidity_percent": "61.2%",
        "solar_watts": "412W",
        "charging": "on",
        "cells_a_volts": "3.31V",
    }.items():
        expect(page.get_by_test_id(f"climate-{field}")).to_have_text(text)
    expect(page.get_by_test_id("card-climate")).to_contain_text("Labelroof")
    keep(page, "live-device")
    assert watched.complaints == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_phone_shows_one_column(phone: BrowserContext, dashboard: Dashboard, theme: str) -> None:
    choose_theme(phone, theme)
    page = phone.new_page()
    open_host(page, dashboard, "big")
    keep(page, f"live-phone-{theme}")
    show_all(page)
    assert fits_sideways(page)
    lefts = page.locator(".card").evaluate_all(
        "(cards) => cards.map((card) => card.getBoundingClientRect().left)"
    )
    assert len(set(lefts)) == 1
    keep(page, f"live-phone-everything-{theme}")
    assert violations(page) == []


def test_nothing_moves_while_the_page_fills(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    # Inside a component the moved elements are not named: what has a name is Streamlit's own frame.
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((one) => {"
        " if (one.sources.every(({ node }) => node === null)) window.shift += one.value; }))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    cards = open_host(page, dashboard, "big")
    for _ in range(3):
        shown = cards.get_attribute("data-timestamp") or ""
        expect(cards).not_to_have_attribute("data-timestamp", shown)
    assert page.evaluate("window.shift") < 0.02  # 0.1 is what counts as good


def test_this_machine_shows_all_that_its_collector_reads(watched_here: Watched, stack: Stack) -> None:
    page = watched_here.page
    open_live(page, stack)
    cards = page.get_by_test_id("cards")
    expect(cards).to_have_attribute("data-timestamp", re.compile("T"))
    hosts = httpx.get(f"{stack.url}/api/hosts", headers=bearer(token_of(stack.url))).json()["hosts"]
    sources: dict[str, str | None] = hosts[0]["info"]["sources"]
    for metric in (name for name, reason in sources.items() if reason is None):
        card = page.get_by_test_id(f"card-{metric}")
        card.scroll_into_view_if_needed()
        expect(card).to_have_attribute("data-state", "live")
        expect(card.locator(".value b").first).to_have_text(re.compile(r"\d|–"))
    assert watched_here.complaints == []


@pytest.fixture
def watched_here(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport=DESKTOP)
    yield Watched(context.new_page())
    context.close()
