"""The History page over a history that was there before: what it draws, and keeps in its address."""

from __future__ import annotations

import csv
import io
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.pages.conftest import DESKTOP, PHONE, SCREENSHOTS, fits_sideways, keep, violations
from tests.pages.history import past
from tests.pages.history.opener import Opener, address, after, cells, drag, rows, saved, shown

pytestmark = pytest.mark.browser


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
def test_everybody_can_use_it_and_it_asks_nobody_else(opened: Opener, theme: str, size: ViewportSize) -> None:
    watched = opened("range=24h&host=nas&host=pi&compare=yesterday", theme=theme, size=size)
    keep(watched.page, f"history-{'phone' if size is PHONE else 'desktop'}-{theme}", full_page=True)
    assert violations(watched.page) == []
    assert fits_sideways(watched.page)
    assert watched.complaints == []
    assert watched.foreign(opened.url) == []


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
    expect(page.get_by_test_id("tooltip")).to_contain_text(re.compile(r"Usage, \w+ \d+ \w+, "))
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


def test_parts_are_chosen_from_a_list_that_can_be_searched(opened: Opener) -> None:
    page = opened("of=core&host=nas").page
    expect(rows(page)).to_have_count(4)
    parts = page.get_by_test_id("parts")
    parts.locator("summary").click()
    parts.get_by_role("searchbox").fill("core 1")
    expect(parts.get_by_role("checkbox")).to_have_count(11)  # 1 and 10 to 19
    after(page, parts.get_by_role("button", name="All").click)
    expect(rows(page)).to_have_count(11)
    after(page, parts.get_by_label("Core 12").uncheck)
    expect(rows(page)).to_have_count(10)
    keep(page, "history-parts")
    assert address(page)["part"] == ["1", "10", "11", *map(str, range(13, 20))]
    page.keyboard.press("Escape")
    expect(parts.get_by_role("searchbox")).to_be_hidden()
    expect(parts.locator("summary")).to_be_focused()


def cores(count: int) -> str:
    return "of=core&host=nas&" + "&".join(f"part={core}" for core in range(count))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_core_of_many_is_drawn_unlike_the_others(
    opened: Opener, theme: str, size: ViewportSize
) -> None:
    page = opened(cores(16), theme=theme, size=size).page
    expect(rows(page)).to_have_count(16)
    expect(page.get_by_test_id("hint")).to_be_empty()
    expect(page.get_by_test_id("caption")).to_contain_text("After 8 lines colours come again")
    looks = (
        page.get_by_test_id("table")
        .locator(".swatch line")
        .evaluate_all("all => all.map(({ style }) => `${style.stroke} ${style.strokeDasharray}`)")
    )
    assert len(set(looks)) == 16
    keep(page, f"history-cores-{'phone' if size is PHONE else 'desktop'}-{theme}", full_page=True)
    assert violations(page) == []
    assert fits_sideways(page)


def test_more_lines_than_can_be_told_apart_are_said(opened: Opener) -> None:
    page = opened(cores(36)).page
    expect(rows(page)).to_have_count(32)
    expect(page.get_by_test_id("hint")).to_contain_text("The first 32 of 36 lines are drawn")
    page.locator(".u-over").hover()
    told = page.get_by_test_id("tooltip")
    expect(told.locator("li")).to_have_count(32)
    box, chart = told.bounding_box(), page.get_by_test_id("chart").bounding_box()
    assert box is not None
    assert chart is not None
    assert box["y"] + box["height"] <= chart["y"] + chart["height"]
    keep(page, "history-many-lines")


def test_the_legend_of_many_lines_scrolls_below_the_chart(opened: Opener) -> None:
    """The chart stays where it is while a line far down the legend is left out."""
    page = opened(cores(32), size=PHONE).page
    last = page.get_by_role("button", name="Core 31", exact=True)
    last.scroll_into_view_if_needed()
    last.click()
    expect(last).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_test_id("chart")).to_be_in_viewport()
    keep(page, "history-many-lines-phone")


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
    change = past.clock_change(opened.now)
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
    picture.save_as(SCREENSHOTS / "history-download.png")
