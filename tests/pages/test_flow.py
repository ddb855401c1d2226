"""What a person sees: the whole of PerfWatch in a real browser, from login to logout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from tests.pages.conftest import (
    Watched,
    choose_theme,
    fits_sideways,
    keep,
    log_in,
    open_live,
    violations,
)
from tests.stack import PASSWORD, Stack

CHARTS = ("cpu", "memory", "network", "disk")

pytestmark = pytest.mark.browser


def test_a_wrong_password_is_refused_in_place_and_the_right_one_accepted(
    watched: Watched, stack: Stack
) -> None:
    page = watched.page
    page.goto(f"{stack.url}/history?range=6h")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    log_in(page, "a wrong password")
    expect(page.get_by_role("alert")).to_have_text(re.compile("wrong|invalid", re.IGNORECASE))
    keep(page, "login-refused")
    log_in(page)
    expect(page).to_have_url(re.compile(r"/history\?.*range=6h"))


def test_four_charts_move(watched: Watched, stack: Stack) -> None:
    page = watched.page
    open_live(page, stack)
    root = page.locator("[data-timestamp]").first
    for name in CHARTS:
        expect(page.get_by_test_id(f"chart-{name}").locator("canvas")).to_be_visible()
    before = {name: page.get_by_test_id(f"chart-{name}").screenshot() for name in CHARTS}
    shown = root.get_attribute("data-timestamp")
    assert shown is not None
    for _ in range(4):
        expect(root).not_to_have_attribute("data-timestamp", shown)
        shown = root.get_attribute("data-timestamp") or ""
    moved = {name for name in CHARTS if page.get_by_test_id(f"chart-{name}").screenshot() != before[name]}
    assert moved == set(CHARTS)
    expect(page.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
    expect(page.get_by_test_id("memory-usage")).to_have_text(re.compile(r"\d"))
    expect(page.get_by_test_id("reading-age")).to_have_text(re.compile(r"\d"))
    keep(page, "live-desktop")


def test_a_reload_keeps_the_session(watched: Watched, stack: Stack) -> None:
    open_live(watched.page, stack)
    watched.page.reload()
    expect(watched.page.get_by_test_id("connection-state")).to_have_text(
        re.compile("^connected", re.IGNORECASE)
    )


def test_logging_out_ends_the_session_in_every_tab(watched: Watched, stack: Stack) -> None:
    page = watched.page
    open_live(page, stack)
    other = Watched(page.context.new_page())
    other.page.goto(stack.url)
    expect(other.page.get_by_test_id("connection-state")).to_have_text(
        re.compile("^connected", re.IGNORECASE)
    )
    page.get_by_test_id("logout").click()
    expect(page).to_have_url(re.compile("/login"))
    # The same session in another tab: its sockets are closed by the server, and it leaves by itself.
    expect(other.page).to_have_url(re.compile("/login"), timeout=15_000)
    page.goto(stack.url)
    expect(page).to_have_url(re.compile("/login"))


def test_history_shows_what_live_showed(watched: Watched, stack: Stack) -> None:
    page = watched.page
    open_live(page, stack)
    page.goto(f"{stack.url}/history")
    expect(page.locator("canvas").first).to_be_visible(timeout=20_000)
    keep(page, "history-desktop")


def test_pages_complain_of_nothing_and_ask_nobody_else(watched: Watched, stack: Stack) -> None:
    page = watched.page
    open_live(page, stack)
    page.goto(f"{stack.url}/history")
    expect(page.locator("canvas").first).to_be_visible(timeout=20_000)
    assert watched.complaints == []
    assert watched.foreign(stack.url) == []


def test_a_phone_needs_no_sideways_scrolling(phone: BrowserContext, stack: Stack) -> None:
    page = phone.new_page()
    open_live(page, stack)
    expect(page.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
    keep(page, "live-phone")
    assert fits_sideways(page)
    page.goto(f"{stack.url}/history")
    expect(page.locator("canvas").first).to_be_visible(timeout=20_000)
    keep(page, "history-phone")
    assert fits_sideways(page)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_login_page_can_be_used_by_everybody(context: BrowserContext, stack: Stack, theme: str) -> None:
    choose_theme(context, theme)
    page = context.new_page()
    page.goto(f"{stack.url}/login")
    expect(page.get_by_label("User name")).to_be_focused()
    keep(page, f"login-{theme}")
    assert violations(page) == []


def test_the_theme_can_be_chosen_and_stays(watched: Watched, stack: Stack) -> None:
    page = watched.page
    open_live(page, stack)
    button = page.get_by_test_id("theme")
    expect(button).to_have_accessible_name(re.compile("Theme: dark"))
    button.click()
    expect(button).to_have_accessible_name(re.compile("Theme: light"))
    ground = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    page.wait_for_function(f"{ground} === 'rgb(244, 246, 249)'")
    keep(page, "live-light")
    page.goto(f"{stack.url}/history")
    expect(button).to_have_accessible_name(re.compile("Theme: light"))
    page.wait_for_function(f"{ground} === 'rgb(244, 246, 249)'")


def test_a_session_that_expires_goes_to_the_login_page(browser: Browser, tmp_path: Path) -> None:
    with Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD, token_lifetime="12s") as stack:
        page = browser.new_page()
        open_live(page, stack)
        expect(page).to_have_url(re.compile(r"/login\?.*reason=expired"), timeout=20_000)
        keep(page, "login-expired")
        page.close()


def test_the_page_says_when_the_server_is_gone_and_when_it_is_back(browser: Browser, tmp_path: Path) -> None:
    stack = Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD)
    with stack:
        page = browser.new_page()
        open_live(page, stack)
    state = page.get_by_test_id("connection-state")
    expect(state).to_have_text(re.compile("reconnect|connecting|again", re.IGNORECASE), timeout=15_000)
    keep(page, "live-reconnecting")
    with stack:
        expect(state).to_have_text(re.compile("^connected", re.IGNORECASE), timeout=40_000)
        page.close()


def test_a_page_whose_scripts_were_broken_off_loads_again(watched: Watched, stack: Stack) -> None:
    """As a browser does when the machine's network changes under it; without this the page stays blank."""
    page = watched.page
    open_live(page, stack)
    broken: list[str] = []

    def break_off_once(route: Route) -> None:
        if broken:
            route.continue_()
        else:
            broken.append(route.request.url)
            route.abort("connectionreset")

    page.route("**/static/js/react-dom.*.js", break_off_once)
    page.reload(wait_until="commit")
    expect(page.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"), timeout=30_000)
    assert len(broken) == 1
