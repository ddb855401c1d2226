"""The History page in a browser: opening it, and what a test does with it and reads of it."""

from __future__ import annotations

import calendar
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, BrowserContext, Download, Locator, Page, ViewportSize, expect

from tests.pages.conftest import DESKTOP, PHONE, Watched, choose_theme, settled
from tests.pages.history import past
from tests.stack import PASSWORD

NOW = time.time_ns() // 1_000_000


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
        expect(watched.page.get_by_test_id("history")).to_be_visible(timeout=20_000)
        settled(watched.page)
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


def rows(page: Page) -> Locator:
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


def cells(page: Page, row: int) -> list[str]:
    found: list[str] = rows(page).nth(row).locator("td").all_inner_texts()
    return found


def saved(page: Page, ending: str) -> Download:
    with page.expect_download() as download:
        page.get_by_test_id(ending).click()
    return download.value
