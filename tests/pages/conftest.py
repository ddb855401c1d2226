"""The whole of PerfWatch in a real browser, as a person meets it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser import chromium
from tests.stack import PASSWORD, Stack, await_one_script
from tests.stack import log_in as token_of

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One machine's PerfWatch for every test that leaves it as it was."""
    with Stack(Path(tmp_path_factory.mktemp("stack")), "--interval", "0.5", admin_password=PASSWORD) as stack:
        await_one_script(stack.url, token_of(stack.url))
        yield stack


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESKTOP)
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    yield context
    context.close()


class Watched:
    """A page that remembers what it complained of and whom it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        page.on("console", lambda message: self._heard(message.type, f"{message.text} {message.location}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.add(request.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def foreign(self, origin: str) -> list[str]:
        return [url for url in self.asked if not url.startswith((origin, "blob:", "data:"))]


@pytest.fixture
def watched(context: BrowserContext) -> Watched:
    return Watched(context.new_page())


def log_in(page: Page, password: str = PASSWORD, username: str = "admin") -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def open_page(page: Page, stack: Stack, path: str) -> None:
    """That page, logged in: through the login page when there is no session yet."""
    page.goto(f"{stack.url}{path}")
    if "/login" in page.url:
        log_in(page)
        expect(page).not_to_have_url(re.compile("/login"))


def settled(page: Page) -> None:
    """Wait until Streamlit has taken the page over: nothing is put elsewhere while a test touches it."""
    expect(page.locator("#early")).to_have_count(0)


def open_live(page: Page, stack: Stack) -> None:
    open_page(page, stack, "/live")
    expect(page.get_by_test_id("connection-state")).to_have_text(re.compile("^connected", re.IGNORECASE))
    settled(page)


def choose_theme(context: BrowserContext, name: str) -> None:
    """`dark`, `light` or `system` for every page that the context opens from now on."""
    context.add_init_script(f"localStorage.setItem('perfwatch.theme', '{name}')")


def keep(page: Page, name: str, full_page: bool = False) -> None:
    """Keep a screenshot among the test's artifacts."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full_page)


def fits_sideways(page: Page) -> bool:
    fits: bool = page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")
    return fits


def violations(page: Page) -> list[str]:
    """What axe-core finds serious or worse, each with the place where it is."""
    page.evaluate(AXE.read_text())  # not as a script tag: the page's own policy would refuse it
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
