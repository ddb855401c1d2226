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
    open_page,
    violations,
)
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard, Stack

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

    def late(route: Route) -> None:
        answer = route.fetch()
        page.wait_for_timeout(500)  # its connections end, and nothing is to come of that
        route.fulfill(response=answer)

    page.route("**/api/auth/logout", late)
    page.get_by_test_id("logout").click()
    expect(page).to_have_url(f"{stack.url}/login?reason=logout")
    # The same session in another tab: its sockets are closed by the server, and it leaves by itself.
    expect(other.page).to_have_url(re.compile("/login"))
    page.goto(stack.url)
    expect(page).to_have_url(re.compile("/login"))


def test_history_shows_what_live_showed(watched: Watched, stack: Stack) -> None:
    page = watched.page
    open_live(page, stack)
    page.goto(f"{stack.url}/history")
    expect(page.locator("canvas").first).to_be_visible()
    keep(page, "history-desktop")


def test_pages_complain_of_nothing_and_ask_nobody_else(watched: Watched, stack: Stack) -> None:
    page = watched.page
    open_live(page, stack)
    page.goto(f"{stack.url}/history")
    expect(page.locator("canvas").first).to_be_visible()
    expect(page.locator("link[rel~=icon]")).to_have_attribute("href", re.compile("^data:image/svg"))
    expect(page.get_by_test_id("stHeaderLogo")).to_be_visible()
    assert watched.complaints == []
    assert watched.foreign(stack.url) == []


def test_a_phone_needs_no_sideways_scrolling(phone: BrowserContext, stack: Stack) -> None:
    page = phone.new_page()
    open_live(page, stack)
    expect(page.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
    keep(page, "live-phone")
    assert fits_sideways(page)
    page.goto(f"{stack.url}/history")
    expect(page.locator("canvas").first).to_be_visible()
    keep(page, "history-phone")
    assert fits_sideways(page)


def test_whoever_uses_a_keyboard_sees_which_page_they_would_open(watched: Watched, stack: Stack) -> None:
    page = watched.page
    open_live(page, stack)
    link = page.get_by_role("banner").get_by_role("link", name="History")
    for _ in range(10):
        page.keyboard.press("Tab")
        if link.evaluate("(link) => link.matches(':focus-visible')"):
            break
    expect(link).to_be_focused()
    expect(link).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("history")).to_be_visible()


def test_a_phones_bar_says_which_page_is_shown(phone: BrowserContext, stack: Stack) -> None:
    page = phone.new_page()
    open_live(page, stack)
    bar = page.locator(".st-key-pages")
    current = bar.locator("[aria-current=page]")
    expect(current).to_have_text(re.compile("Live"))
    bar.get_by_role("link", name="Settings").click()
    expect(page.get_by_test_id("settings")).to_be_visible()
    expect(current).to_have_text(re.compile("Settings"))
    expect(current).to_have_count(1)
    assert violations(page) == []


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


@pytest.mark.parametrize("path", ["/live", "/hosts"])
def test_a_phone_has_room_to_say_that_there_is_no_connection(
    phone: BrowserContext, stack: Stack, path: str
) -> None:
    page = phone.new_page()
    page.route_web_socket(re.compile("/api/ws/metrics"), lambda socket: socket.close(code=1011))
    open_page(page, stack, path)
    retry = page.get_by_test_id("retry")
    for words, attempts in (("Reconnecting", 0), ("No connection, trying again", 7)):
        for _ in range(attempts):
            retry.click()
        expect(page.get_by_test_id("connection-state")).to_have_text(words, timeout=30_000)
        expect(retry).to_be_visible()
        for control in (retry, page.get_by_test_id("reading-age"), page.get_by_test_id("pause")):
            box = control.bounding_box() if control.count() else None
            assert box is None or box["x"] + box["width"] <= 390, words
        keep(page, f"{path[1:]}-{words.split()[0].lower()}-phone")


def test_a_session_that_expires_goes_to_the_login_page(
    browser: Browser, broker: Mosquitto, tmp_path: Path
) -> None:
    with Dashboard(tmp_path, broker.url, token_lifetime="20s") as server:
        page = browser.new_page()
        page.goto(f"{server.url}/live")
        log_in(page)
        expect(page).to_have_url(re.compile(r"/live"))
        said = page.get_by_text("Your session has ended.")
        expect(said).to_be_visible()
        expect(page).to_have_url(re.compile(r"/login\?.*next="))
        keep(page, "login-expired")
        page.goto(f"{server.url}/history")
        expect(said).to_be_visible()
        page.close()


def test_the_page_says_when_the_server_is_gone_and_when_it_is_back(browser: Browser, tmp_path: Path) -> None:
    stack = Stack(tmp_path, "--interval", "0.5", admin_password=PASSWORD)
    with stack:
        page = browser.new_page()
        open_live(page, stack)
    state = page.get_by_test_id("connection-state")
    expect(state).to_have_text(re.compile("reconnect|connecting|again", re.IGNORECASE))
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

    page.route(re.compile(r"/static/(js/react-dom\.|joined-\w+/streamlit\.js)"), break_off_once)
    page.reload(wait_until="commit")
    expect(page.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
    assert len(broken) == 1
