"""The History page over a history that was there before: what it draws, says, and keeps in its address."""

from __future__ import annotations

import calendar
import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, Route, ViewportSize, expect

from tests.pages import past
from tests.pages.conftest import DESKTOP, PHONE, Watched, choose_theme, fits_sideways, keep, violations
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard

pytestmark = pytest.mark.browser

NOW = time.time_ns() // 1_000_000
QUERY = "**/api/history/query?*"


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = Path(tmp_path_factory.mktemp("past"))
    past.fill(folder, NOW)
    with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as server:
        yield server


class Opener:
    """Opens the page with what is asked for in its address, logged in, and waits for what it draws."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self._browser = browser
        self._contexts: dict[tuple[str, bool], BrowserContext] = {}

    def __call__(
        self, asked: str = "", theme: str = "dark", size: ViewportSize = DESKTOP, drawn: bool = True
    ) -> Watched:
        key = (theme, size is PHONE)
        if key not in self._contexts:
            self._contexts[key] = self.context(theme, size)
        watched = Watched(self._contexts[key].new_page())
        watched.page.goto(f"{self.url}/history?{asked}")
        if drawn:
            expect(rows(watched.page).first).to_be_visible(timeout=20_000)
        return watched

    def context(self, theme: str = "dark", size: ViewportSize = DESKTOP) -> BrowserContext:
        """One that is logged in; its cache makes every further page quick."""
        touch: dict[str, Any] = {"has_touch": True, "is_mobile": True} if size is PHONE else {}
        context = self._browser.new_context(viewport=size, timezone_id=past.ZONE, **touch)
        choose_theme(context, theme)
        login = {"username": "admin", "password": PASSWORD}
        assert context.request.post(f"{self.url}/api/auth/login", data=login).ok
        return context

    def tidy(self) -> None:
        for context in self._contexts.values():
            for page in context.pages:
                page.close()

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


@pytest.fixture(scope="module")
def opener(browser: Browser, dashboard: Dashboard) -> Iterator[Opener]:
    opener = Opener(browser, dashboard.url)
    yield opener
    opener.close()


@pytest.fixture
def opened(opener: Opener) -> Iterator[Opener]:
    yield opener
    opener.tidy()


def rows(page: Page) -> Any:
    return page.get_by_test_id("table").locator("tbody tr")


def address(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def loads(page: Page) -> int:
    """How many answers the page has drawn."""
    return int(page.get_by_test_id("history").get_attribute("data-loaded") or 0)


def after(page: Page, act: Callable[[], object]) -> None:
    """Do it, and wait until what it asked for is drawn."""
    before = loads(page)
    act()
    expect(page.get_by_test_id("history")).not_to_have_attribute("data-loaded", str(before))


def drag(page: Page, start: float, stop: float) -> None:
    """Across the chart, from one share of its width to another."""
    over = page.locator(".u-over").bounding_box()
    assert over is not None
    middle = over["y"] + over["height"] / 2
    page.mouse.move(over["x"] + over["width"] * start, middle)
    page.mouse.down()
    page.mouse.move(over["x"] + over["width"] * stop, middle, steps=4)
    page.mouse.up()


def shown(page: Page) -> tuple[float, float]:
    """From and to in the address, in hours before NOW."""
    found = address(page)
    moments = (time.strptime(found[name][0][:19], "%Y-%m-%dT%H:%M:%S") for name in ("from", "to"))
    start, stop = ((NOW / 1000 - calendar.timegm(moment)) / 3600 for moment in moments)
    return start, stop


def test_it_opens_with_the_last_hour_of_one_number(opened: Opener) -> None:
    page = opened("host=nas").page
    assert address(page) == {
        "range": ["1h"],
        "metric": ["cpu"],
        "of": [""],
        "field": ["usage_percent"],
        "host": ["nas"],
    }
    expect(page.get_by_test_id("title")).to_have_text("CPU · Usage · nas")
    expect(page.get_by_test_id("caption")).to_contain_text("Means over 15 s")
    expect(page.get_by_test_id("caption")).to_contain_text("Times in Europe/Berlin")
    expect(rows(page).locator("td")).to_have_text([re.compile(r"^\d+\.\d %$")] * 4)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everybody_can_use_it_and_it_asks_nobody_else(
    opened: Opener, dashboard: Dashboard, theme: str, size: ViewportSize
) -> None:
    watched = opened("range=24h&host=nas&host=pi&compare=yesterday", theme=theme, size=size)
    keep(watched.page, f"history-{'phone' if size is PHONE else 'desktop'}-{theme}", full_page=True)
    assert violations(watched.page) == []
    assert fits_sideways(watched.page)
    assert watched.complaints == []
    assert watched.foreign(dashboard.url) == []


def test_each_range_asks_for_its_own_interval(opened: Opener) -> None:
    page = opened("host=nas").page
    for name, interval in (
        ("6 hours", "2 min"),
        ("24 hours", "5 min"),
        ("7 days", "1 h"),
        ("30 days", "3 h"),
    ):
        after(page, page.get_by_role("button", name=name).click)
        expect(page.get_by_test_id("caption")).to_contain_text(f"Means over {interval}")


def test_dragging_zooms_into_finer_readings_and_reset_goes_back(opened: Opener) -> None:
    page = opened("range=7d&host=nas").page
    expect(page.get_by_test_id("caption")).to_contain_text("Means over 1 h")
    top = page.get_by_test_id("chart").bounding_box()
    after(page, lambda: drag(page, 0.2, 0.3))
    expect(page.get_by_test_id("caption")).to_contain_text("Means over 5 min")
    assert shown(page) == pytest.approx((7 * 24 * 0.8, 7 * 24 * 0.7), abs=1)
    assert page.get_by_test_id("chart").bounding_box() == top, "the chart moved under the pointer"
    after(page, page.get_by_test_id("reset-zoom").click)
    expect(page.get_by_test_id("caption")).to_contain_text("Means over 1 h")
    assert address(page)["range"] == ["7d"]
    expect(page.get_by_test_id("reset-zoom")).to_be_disabled()


def test_it_pans_by_shift_and_drag_by_buttons_and_by_keys(opened: Opener) -> None:
    page = opened("range=24h&host=nas").page
    page.keyboard.down("Shift")
    after(page, lambda: drag(page, 0.25, 0.75))
    page.keyboard.up("Shift")
    assert shown(page) == pytest.approx((36, 12), abs=0.2)
    after(page, page.get_by_test_id("back").click)
    assert shown(page) == pytest.approx((48, 24), abs=0.2)
    page.get_by_test_id("chart").focus()
    after(page, lambda: page.keyboard.press("ArrowRight"))
    assert shown(page) == pytest.approx((36, 12), abs=0.2)
    after(page, lambda: page.keyboard.press("+"))
    assert shown(page) == pytest.approx((30, 18), abs=0.2)
    after(page, lambda: page.keyboard.press("-"))
    after(page, lambda: page.keyboard.press("0"))
    assert address(page)["range"] == ["24h"]


def test_a_finger_zooms_on_a_phone(opened: Opener) -> None:
    page = opened("range=24h&host=nas", size=PHONE).page
    over = page.locator(".u-over").bounding_box()
    assert over is not None
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *shares: float) -> None:
        points = [{"x": over["x"] + over["width"] * share, "y": over["y"] + 60} for share in shares]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def swipe() -> None:
        send("touchStart", 0.5)
        for share in (0.55, 0.65, 0.75):
            send("touchMove", share)
        send("touchEnd")

    after(page, swipe)
    assert shown(page) == pytest.approx((12, 6), abs=0.5)


def test_a_gap_stays_a_gap(opened: Opener) -> None:
    """Where readings are missing nothing is drawn, also when other lines have readings then."""
    page = opened("range=24h&host=nas&compare=yesterday").page
    over = page.locator(".u-over").bounding_box()
    assert over is not None
    ago = (past.GAP[0] + past.GAP[1]) / 2 / past.DAY
    page.mouse.move(over["x"] + over["width"] * (1 - ago), over["y"] + 50)
    expect(page.get_by_test_id("tooltip")).to_contain_text("Usage, yesterday")
    expect(page.get_by_test_id("tooltip").locator("li")).to_have_count(1)
    page.mouse.move(over["x"] + over["width"] * 0.3, over["y"] + 50)
    expect(page.get_by_test_id("tooltip").locator("li")).to_have_count(2)
    expect(page.get_by_test_id("tooltip").locator("li").first).to_have_text(
        re.compile(r"^Usage\d+\.\d %\d+\.\d % – \d+\.\d %$")
    )


def test_comparing_gives_both_ranges_and_their_change(opened: Opener) -> None:
    page = opened("range=24h&host=nas").page
    after(page, lambda: page.get_by_test_id("compare").select_option("yesterday"))
    assert address(page)["compare"] == ["yesterday"]
    expect(rows(page)).to_have_count(3)
    now, then, change = ([float(text.rstrip("% ") or "nan") for text in cells(page, row)] for row in range(3))
    for place in range(3):
        assert change[place] == pytest.approx((now[place] / then[place] - 1) * 100, abs=0.5)
    after(page, lambda: page.get_by_test_id("compare").select_option("other"))
    begins = page.get_by_test_id("compare-from")
    expect(begins).to_be_visible()
    after(page, lambda: begins.fill("2026-01-01T12:00:00"))
    assert address(page)["compare"] == ["2026-01-01T11:00:00.000Z"]
    expect(page.get_by_test_id("hint")).to_contain_text("no readings from 1 Jan 2026")


def cells(page: Page, row: int) -> list[str]:
    found: list[str] = rows(page).nth(row).locator("td").all_inner_texts()
    return found


def test_parts_are_chosen_from_a_list_that_can_be_searched(opened: Opener) -> None:
    page = opened("of=core&host=nas").page
    expect(rows(page)).to_have_count(4)
    parts = page.get_by_test_id("parts")
    parts.locator("summary").click()
    parts.get_by_role("searchbox").fill("core 1")
    expect(parts.get_by_role("checkbox")).to_have_count(7)  # 1 and 10 to 15
    after(page, parts.get_by_role("button", name="All").click)
    expect(rows(page)).to_have_count(7)
    after(page, parts.get_by_label("Core 12").uncheck)
    expect(rows(page)).to_have_count(6)
    keep(page, "history-parts")
    assert address(page)["part"] == ["1", "10", "11", "13", "14", "15"]
    page.keyboard.press("Escape")
    expect(parts.get_by_role("searchbox")).to_be_hidden()
    expect(parts.locator("summary")).to_be_focused()


def test_more_lines_than_can_be_told_apart_are_said(opened: Opener) -> None:
    cores = "&".join(f"part={core}" for core in range(16))
    page = opened(f"of=core&host=nas&{cores}").page
    expect(rows(page)).to_have_count(12)
    expect(page.get_by_test_id("hint")).to_contain_text("The first 12 of 16 lines are drawn")
    keep(page, "history-cores")


def test_two_units_have_an_axis_each_and_a_third_is_named(opened: Opener) -> None:
    page = opened("host=nas&field=usage_percent&field=load_average_1&field=context_switches").page
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_test_id("hint")).to_contain_text("room for two units: Context switches")
    assert page.locator(".u-axis").count() == 3


def test_a_line_is_left_out_by_its_name_in_the_table(opened: Opener) -> None:
    page = opened("host=nas&host=pi").page
    before = page.get_by_test_id("chart").screenshot()
    name = page.get_by_role("button", name="Usage · pi")
    name.click()
    expect(name).to_have_attribute("aria-pressed", "false")
    expect(name).to_be_focused()
    assert page.get_by_test_id("chart").screenshot() != before
    name.click()
    expect(name).to_have_attribute("aria-pressed", "true")


def test_another_metric_starts_with_its_own_first_number(opened: Opener) -> None:
    page = opened("host=nas&field=iowait").page
    after(page, lambda: page.get_by_test_id("metric").select_option("network"))
    expect(page.get_by_test_id("title")).to_have_text("Network · Download rate · nas")
    expect(page.get_by_test_id("of")).to_be_hidden()


def test_a_day_of_25_hours_is_drawn_as_one(opened: Opener) -> None:
    change = past.clock_change(NOW)
    span = "&".join(
        f"{name}={time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime((change + by) / 1000))}"
        for name, by in (("from", -12 * past.HOUR), ("to", 12 * past.HOUR))
    )
    page = opened(f"range=custom&{span}&host=zone").page
    expect(page.get_by_test_id("caption")).to_contain_text(
        re.compile(r"Europe/Berlin \(UTC\+0[12]:00, from \d+ \w+ UTC\+0[12]:00\)")
    )
    keep(page, "history-clock-change")


def test_the_numbers_and_the_picture_can_be_kept(opened: Opener, tmp_path: Path) -> None:
    page = opened("range=6h&host=nas&field=usage_percent&field=iowait").page
    numbers = saved(page, "csv")
    assert re.fullmatch(
        r"perfwatch_cpu_usage-i-o-wait_nas_\d{8}T\d{4}Z_\d{8}T\d{4}Z\.csv", numbers.suggested_filename
    )
    head, *body = csv.reader(io.StringIO(numbers.path().read_text()))
    assert head == [
        "time",
        *(f"{name} {stat} (%)" for name in ("Usage", "I/O wait") for stat in ("mean", "min", "max")),
    ]
    assert 60 < len(body) <= 181
    assert all(float(row[2]) <= float(row[1]) <= float(row[3]) for row in body)
    picture = saved(page, "png")
    content = picture.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000
    picture.save_as(Path(__file__).parents[2] / "build" / "screenshots" / "history-download.png")


def saved(page: Page, ending: str) -> Download:
    with page.expect_download() as download:
        page.get_by_test_id(ending).click()
    return download.value


# What goes wrong


def test_a_range_without_readings_offers_one_that_has_them(opened: Opener) -> None:
    page = opened("range=24h&host=zone", drawn=False).page
    veil = page.get_by_test_id("veil")
    expect(veil).to_contain_text("There are no readings of CPU · Usage · zone in this range")
    expect(veil).to_contain_text("The newest is from")
    keep(page, "history-nothing")
    page.get_by_test_id("veil-action").click()
    expect(rows(page)).to_have_count(1)
    expect(veil).to_be_hidden()


def test_a_host_that_is_not_there_is_named(opened: Opener) -> None:
    page = opened("host=gone", drawn=False).page
    expect(page.get_by_test_id("veil")).to_contain_text("no CPU readings of a host called “gone”")
    page.get_by_test_id("veil-action").click()
    expect(rows(page).first).to_be_visible()
    page = opened("host=gone&host=pi").page
    expect(page.get_by_test_id("hint")).to_contain_text("“gone”")


def test_nothing_chosen_asks_for_a_choice(opened: Opener) -> None:
    page = opened("host=nas").page
    hosts = page.get_by_test_id("hosts")
    hosts.locator("summary").click()
    hosts.get_by_role("button", name="None").click()
    expect(page.get_by_test_id("veil")).to_contain_text("Choose at least one of each")
    after(page, hosts.get_by_label("pi").check)
    expect(page.get_by_test_id("veil")).to_be_hidden()


def test_a_range_the_wrong_way_round_is_said(opened: Opener) -> None:
    page = opened("range=custom&from=2026-11-23T14:00:00Z&to=2026-11-23T13:00:00Z&host=nas", drawn=False).page
    expect(page.get_by_test_id("veil")).to_contain_text("“From” must be before “To”")
    expect(page.get_by_test_id("from")).to_have_value(re.compile("^2026-11-23T15:00"))


def test_a_store_that_is_away_is_said_and_asked_again(opened: Opener) -> None:
    watched = opened("host=nas")
    page = watched.page
    page.route(QUERY, lambda route: route.fulfill(status=503, json={"detail": "the disk is full"}))
    page.get_by_test_id("refresh").click()
    veil = page.get_by_test_id("veil")
    expect(veil).to_contain_text(
        "The history cannot be read: the disk is full. This page tries again by itself."
    )
    keep(page, "history-away")
    page.unroute(QUERY)
    after(page, page.get_by_test_id("veil-action").click)
    expect(veil).to_be_hidden()


def test_a_slow_answer_shows_a_mark_and_one_that_is_outdated_is_dropped(opened: Opener) -> None:
    page = opened("host=nas").page
    held: list[Route] = []
    page.route(QUERY, lambda route: route.continue_() if held else held.append(route))
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_test_id("busy")).to_be_visible()
    with page.expect_event("requestfailed") as failed:
        after(page, page.get_by_role("button", name="24 hours").click)
    assert failed.value == held[0].request
    expect(page.get_by_test_id("busy")).to_be_hidden()
    expect(page.get_by_test_id("caption")).to_contain_text("Means over 5 min")


def test_a_range_that_ends_now_follows_it_and_a_zoom_stays(opened: Opener) -> None:
    with opened.context() as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{opened.url}/history?range=15m&host=nas")
        expect(rows(page).first).to_be_visible(timeout=20_000)
        after(page, lambda: page.clock.fast_forward(11_000))
        after(page, lambda: drag(page, 0.2, 0.8))
        seen = loads(page)
        page.clock.fast_forward(60_000)
        after(page, page.get_by_test_id("refresh").click)
        assert loads(page) == seen + 1


def test_a_session_that_is_over_leads_to_the_login_page_and_back(opened: Opener) -> None:
    with opened.context() as context:
        page = context.new_page()
        page.goto(f"{opened.url}/history?range=6h&host=nas")
        expect(rows(page).first).to_be_visible(timeout=20_000)
        context.clear_cookies()
        page.get_by_test_id("refresh").click()
        expect(page).to_have_url(re.compile(r"/login\?.*range%3D6h"))
