"""The Live page over a range, in a real browser: all cards of one host over hours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from perfwatch.history.open import open_store
from perfwatch.readings.codec import from_ms, now, to_ms
from tests.pages.conftest import (
    DESKTOP,
    PHONE,
    Watched,
    choose_theme,
    fits_sideways,
    keep,
    settled,
    violations,
)
from tests.pages.feed import encoded, publish, remember
from tests.pages.machines import everything, info
from tests.servers import Mosquitto, wait_until
from tests.stack import PASSWORD, Dashboard

pytestmark = pytest.mark.browser

MINUTE = 60_000
HOST = "**/api/history/host?*"
# A range whose every instant is before the first reading.
BEFORE = "range=custom&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard whose history knows twelve hours of `nas`, which published once and is offline."""
    folder, moment = Path(tmp_path_factory.mktemp("ranges")), to_ms(now())
    with closing(open_store(f"sqlite:///{folder / 'history.db'}")) as store:
        remember(store, "nas", range(moment - 720 * MINUTE, moment, 5 * MINUTE), 2)
    with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as server:
        publish(broker, "nas", {"info": info("nas", 2), **encoded(everything(moment, 2))})
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        yield server


def logged_in(context: BrowserContext, dashboard: Dashboard) -> BrowserContext:
    login = {"username": "admin", "password": PASSWORD}
    assert context.request.post(f"{dashboard.url}/api/auth/login", data=login).ok
    return context


@pytest.fixture
def page(browser: Browser, dashboard: Dashboard) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP)
    yield logged_in(context, dashboard).new_page()
    context.close()


def open_range(page: Page, dashboard: Dashboard, query: str) -> Locator:
    """The page over that range as soon as it has drawn it; returns its cards."""
    page.goto(f"{dashboard.url}/live?host=nas&{query}")
    expect(page.get_by_test_id("live")).to_have_attribute("data-loaded", re.compile(r"\d"))
    settled(page)
    return page.locator(".ranged")


def choose(page: Page, range_: str) -> None:
    page.get_by_test_id("ranges").get_by_role("button", name=range_, exact=True).click()


def zoom(page: Page, chart: str) -> None:
    """Drag over the middle of that chart."""
    box = page.get_by_test_id(chart).locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30, steps=4)
    page.mouse.up()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_card_is_drawn_with_one_question_and_live_is_one_click_away(
    page: Page, dashboard: Dashboard, theme: str
) -> None:
    choose_theme(page.context, theme)
    watched = Watched(page)
    page.goto(f"{dashboard.url}/live?host=nas")
    expect(page.get_by_test_id("cards")).to_have_attribute("data-timestamp", re.compile("T"))
    settled(page)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/api/history/" in request.url else None)
    choose(page, "24 h")
    expect(page.get_by_test_id("live")).to_have_attribute("data-loaded", "1")
    shown = page.locator(".ranged").evaluate_all("(cards) => cards.map((card) => card.dataset.metric)")
    assert sorted(shown) == sorted(everything(0, 1))
    assert [request.url.split("?")[0] for request in asked] == [f"{dashboard.url}/api/history/host"]
    expect(page).to_have_url(re.compile(r"host=nas&range=24h$"))
    expect(page.get_by_test_id("past-caption")).to_contain_text("Means over 5 min, in a band")
    expect(page.get_by_test_id("range-memory")).to_contain_text(
        re.compile(r"Used[\d.]+ %mean · max [\d.]+ %")
    )
    expect(page.get_by_test_id("cards")).to_be_hidden()
    keep(page, f"live-range-{theme}", full_page=True)
    assert violations(page) == []
    choose(page, "Live")
    expect(page.get_by_test_id("cards")).to_be_visible()
    expect(page.locator(".ranged").first).to_be_hidden()
    expect(page).to_have_url(re.compile(r"host=nas$"))
    assert watched.complaints == []


def test_one_cursor_and_one_zoom_for_all(page: Page, dashboard: Dashboard) -> None:
    open_range(page, dashboard, "range=12h")
    page.get_by_test_id("range-chart-cpu").locator(".u-over").hover()
    told = page.get_by_test_id("range-cpu").locator(".aside")
    expect(told).to_have_text(re.compile(r"^\w+ \d+ \w+, \d\d:\d\d"))
    expect(page.get_by_test_id("range-disk").locator(".aside")).to_have_text(told.text_content() or "-")
    zoom(page, "range-chart-cpu")
    expect(page).to_have_url(re.compile(r"range=custom&from=\d{4}-.*&to=\d{4}-"))
    expect(page.get_by_test_id("live")).to_have_attribute("data-loaded", "2")
    link = page.get_by_test_id("range-disk").get_by_role("link", name="Disk in History")
    expect(link).to_have_attribute("href", re.compile("metric=disk.*range=custom&from="))
    page.get_by_test_id("range-reset").click()
    expect(page).to_have_url(re.compile(r"range=12h$"))


def test_a_range_without_readings_leads_to_the_newest(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/live?host=nas&{BEFORE}")
    notice = page.get_by_test_id("past-notice")
    expect(notice).to_contain_text("There are no readings of nas in this range (1 Jan 2020")
    expect(page.locator(".ranged")).to_have_count(0)
    settled(page)
    keep(page, "live-range-empty")
    page.get_by_role("button", name="Show the range that has it").click()
    expect(page.get_by_test_id("range-chart-cpu")).to_be_visible()
    expect(notice).to_be_hidden()


def test_from_must_be_before_to(page: Page, dashboard: Dashboard) -> None:
    open_range(page, dashboard, "range=1h")
    choose(page, "Custom")
    expect(page.get_by_test_id("live")).to_have_attribute("data-loaded", "2")
    page.get_by_test_id("to").fill("2020-01-01T00:00:00")
    expect(page.get_by_test_id("past-notice")).to_contain_text("“From” must be before “To”.")


def test_a_history_that_is_away_is_named_and_asked_again(page: Page, dashboard: Dashboard) -> None:
    away = '{"detail": "SQLite at /var/lib/perfwatch did not answer within 5 s"}'
    page.route(HOST, lambda route: route.fulfill(status=503, content_type="application/json", body=away))
    page.goto(f"{dashboard.url}/live?host=nas&range=30d")
    notice = page.get_by_test_id("past-notice")
    expect(notice).to_contain_text("The history cannot be read: SQLite at /var/lib/perfwatch did not answer")
    settled(page)
    keep(page, "live-range-away")
    page.unroute(HOST)
    page.get_by_test_id("past-act").click()
    expect(page.get_by_test_id("range-chart-cpu")).to_be_visible()
    expect(notice).to_be_hidden()


def test_a_phone_shows_a_range_in_one_column(browser: Browser, dashboard: Dashboard) -> None:
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    page = logged_in(context, dashboard).new_page()
    since = from_ms(to_ms(now()) - 120 * MINUTE).isoformat().replace("+00:00", "Z")
    open_range(page, dashboard, f"range=custom&from={since}&to={from_ms(to_ms(now())).isoformat()[:19]}Z")
    assert fits_sideways(page)
    keep(page, "live-range-phone")
    assert violations(page) == []
    context.close()
