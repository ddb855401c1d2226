"""The charts of the Live page: what they begin with, and what pointer and keys do with them."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Request, expect

from perfwatch.history.open import open_store
from perfwatch.readings.codec import now, to_ms
from tests.pages.feed import encoded, publish, remember
from tests.pages.live.opener import open_host
from tests.pages.machines import everything, info
from tests.servers import Mosquitto
from tests.stack import Dashboard

pytestmark = pytest.mark.browser


def test_charts_begin_with_the_last_five_minutes(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    open_host(page, dashboard, "big")
    chart = page.get_by_test_id("chart-network").locator(".u-over")
    legend = page.get_by_test_id("card-network").locator(".legend")
    box = chart.bounding_box()
    assert box is not None
    chart.hover(position={"x": box["width"] * 0.2, "y": 20})
    expect(legend).to_have_text(re.compile(r"Download\d.*B/s.*\d\d:\d\d:\d\d$"))
    # What is under the pointer is told by every chart, for the same moment.
    other = page.get_by_test_id("card-disk").locator(".legend time")
    expect(other).to_have_text(re.compile(r"\d\d:\d\d:\d\d$"))
    page.get_by_test_id("pause").press("Enter")  # no reading between the two looks
    expect(other).to_have_text(legend.locator("time").text_content() or "-")


def test_a_click_on_a_chart_opens_that_series_in_history(
    context: BrowserContext, dashboard: Dashboard
) -> None:
    page = context.new_page()
    open_host(page, dashboard, "big")
    asked = "host=big&metric=network&field=bytes_recv_per_sec&field=bytes_sent_per_sec&range=1h"
    expect(page.get_by_test_id("past-network")).to_have_attribute("href", f"/history?{asked}")
    page.get_by_role("link", name="enp65s0f0np0").click(trial=True)
    page.get_by_test_id("chart-network").locator(".u-over").click(position={"x": 200, "y": 30})
    expect(page).to_have_url(re.compile(r"/history\?(?=.*host=big)(?=.*metric=network)"))


def test_a_drag_zooms_every_chart_and_opens_nothing(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    cards = open_host(page, dashboard, "big")
    box = page.get_by_test_id("chart-memory").locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 30, steps=4)
    page.mouse.up()
    reset = page.get_by_test_id("reset-zoom")
    expect(reset).to_be_visible()
    zoomed = page.get_by_test_id("chart-cpu").screenshot()
    shown = cards.get_attribute("data-timestamp") or ""
    expect(cards).not_to_have_attribute("data-timestamp", shown)
    assert page.get_by_test_id("chart-cpu").screenshot() == zoomed
    reset.click()
    expect(reset).to_be_hidden()
    assert "/live" in page.url


def test_pause_holds_the_picture_and_the_keyboard_reads_it(
    context: BrowserContext, dashboard: Dashboard
) -> None:
    page = context.new_page()
    cards = open_host(page, dashboard, "big")
    page.get_by_test_id("pause").press("Enter")
    shown = cards.get_attribute("data-timestamp") or ""
    chart = page.get_by_test_id("chart-disk")
    chart.focus()
    chart.press("ArrowLeft")
    expect(page.get_by_test_id("card-disk").locator(".legend time")).to_have_text(
        re.compile(r"\d\d:\d\d:\d\d")
    )
    assert cards.get_attribute("data-timestamp") == shown
    page.get_by_test_id("pause").press("Enter")
    expect(cards).not_to_have_attribute("data-timestamp", shown)


def test_what_is_not_written_yet_is_asked_for_again(
    context: BrowserContext, dashboard: Dashboard, broker: Mosquitto
) -> None:
    """The bridge writes a little later than it receives."""

    def asks(request: Request) -> bool:
        return "metric_type=cpu" in request.url and "host=gap" in request.url

    moment = to_ms(now())
    with closing(open_store(f"sqlite:///{dashboard.log.parent / 'history.db'}")) as store:
        remember(store, "gap", range(moment - 60_000, moment - 12_000, 1000), 2)
    publish(broker, "gap", {"info": info("gap", 2), **encoded(everything(moment, 2))})
    page = context.new_page()
    with page.expect_request(asks):
        page.goto(f"{dashboard.url}/live?host=gap")
    with page.expect_request(asks):
        pass
