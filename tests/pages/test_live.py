"""The Live page in a real browser: this machine, and machines that have all there is to read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from perfwatch.history.open import open_store
from perfwatch.readings.codec import now, to_ms
from tests.collector.listener import Listener
from tests.pages.conftest import (
    DESKTOP,
    PHONE,
    Watched,
    choose_theme,
    fits_sideways,
    keep,
    log_in,
    open_live,
    settled,
    violations,
)
from tests.pages.feed import Feed, encoded, publish, remember
from tests.pages.machines import device, everything, info
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, Stack, bearer
from tests.stack import log_in as token_of

pytestmark = pytest.mark.browser

CORES = 128
FIVE_MINUTES = 300_000
NO_PERF = "perf may not count here: kernel.perf_event_paranoid is 4"
NO_GPU = "no NVIDIA driver, and no AMD card under /sys/class/drm"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(Path(tmp_path_factory.mktemp("mosquitto"))) as broker:
        yield broker


@pytest.fixture(scope="module")
def dashboard(broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard whose history knows the last five minutes of `big`, and three hosts that publish."""
    folder = Path(tmp_path_factory.mktemp("dashboard"))
    store = open_store(f"sqlite:///{folder / 'history.db'}")
    moment = to_ms(now())
    remember(store, "big", range(moment - FIVE_MINUTES, moment, 4000), CORES)
    store.close()
    publish(broker, "big", {"info": info("big", CORES)})
    publish(broker, "small", {"info": info("small", 2, {"perf_events": NO_PERF, "gpu": NO_GPU})})
    with (
        Dashboard(folder, broker.url) as server,
        Feed(broker, "big", lambda time: encoded(everything(time, CORES))),
        Feed(broker, "small", lambda time: encoded(everything(time, 2), without=("perf_events", "gpu"))),
        Feed(broker, "roof", device),
    ):
        yield server


@pytest.fixture(scope="module")
def session(browser: Browser, dashboard: Dashboard) -> Any:
    """A browser's state once it has logged in: each test need not do it again."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{dashboard.url}/login")
    log_in(page)
    expect(page).not_to_have_url(re.compile("/login"))
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(browser: Browser, session: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESKTOP, storage_state=session)
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser, session: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True, storage_state=session
    )
    yield context
    context.close()


def open_host(page: Page, dashboard: Dashboard, host: str) -> Locator:
    """The Live page of that host as soon as it has drawn a reading; returns its cards."""
    page.goto(f"{dashboard.url}/live?host={host}")
    cards = page.get_by_test_id("cards")
    expect(cards).to_have_attribute("data-timestamp", re.compile("T"))
    settled(page)
    return cards


def show_all(page: Page) -> None:
    """Make the window as high as the page, so that every card is in sight."""
    height = page.get_by_test_id("live").evaluate("(live) => live.scrollHeight") + 160
    page.set_viewport_size({"width": (page.viewport_size or DESKTOP)["width"], "height": height})
    for chart in page.locator(".card .chart:visible").all():
        expect(chart.locator("canvas")).to_be_visible()


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


def test_the_page_asks_for_readings_each_second_and_shows_them(
    context: BrowserContext, dashboard: Dashboard, broker: Mosquitto
) -> None:
    facts = json.loads(info("far", 1)) | {"interval": 3600}
    publish(broker, "far", {"info": json.dumps(facts).encode(), **encoded(everything(to_ms(now()), 1))})
    page = context.new_page()
    with Listener(broker.port) as listener:
        cards = open_host(page, dashboard, "far")
        first = cards.get_attribute("data-timestamp")
        listener.wait_for("perfwatch/far/watch", b"")
    for _ in range(2):
        publish(broker, "far/watch", encoded({"cpu": everything(to_ms(now()), 1)["cpu"]}))
    expect(cards).not_to_have_attribute("data-timestamp", str(first))


def test_a_host_that_nobody_heard_of_is_said_to_be_so(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    page.goto(f"{dashboard.url}/live?host=nowhere")
    expect(page.get_by_test_id("notice")).to_contain_text("There is no host called nowhere")
    settled(page)
    page.get_by_test_id("host-choice").select_option("big")
    expect(page.get_by_test_id("cards")).to_have_attribute("data-timestamp", re.compile("T"))
    expect(page.get_by_test_id("notice")).to_be_hidden()


def test_a_host_that_goes_is_said_to_be_offline_and_since_when(
    context: BrowserContext, dashboard: Dashboard, broker: Mosquitto
) -> None:
    publish(broker, "leaving", {"info": info("leaving", 1)})
    page = context.new_page()
    with Feed(broker, "leaving", lambda time: encoded(everything(time, 1))):
        open_host(page, dashboard, "leaving")
    publish(broker, "leaving", {"status": b"offline"})
    notice = page.get_by_test_id("notice")
    expect(notice).to_have_text(re.compile(r"leaving is offline since \d\d:\d\d:\d\d"))
    expect(page.get_by_test_id("live")).to_have_class(re.compile("stale"))
    keep(page, "live-offline")
    assert violations(page) == []


def test_a_broker_that_goes_is_named(browser: Browser, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Dashboard(tmp_path, broker.url) as server:
        publish(broker, "one", {"info": info("one", 1)})
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        page = browser.new_page()
        page.goto(f"{server.url}/live?host=one")
        log_in(page)
        with Feed(broker, "one", lambda time: encoded(everything(time, 1))):
            expect(page.get_by_test_id("cards")).to_have_attribute("data-timestamp", re.compile("T"))
            broker.kill()
        notice = page.get_by_test_id("notice")
        expect(notice).to_have_text(re.compile("lost the broker: .*Check that Mosquitto"), timeout=40_000)
        keep(page, "live-broker-away")
        page.close()
