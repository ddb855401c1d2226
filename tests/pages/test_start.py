"""A page's first seconds: ours runs before Streamlit's scripts are there, and goes on when they are."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, WebSocket, expect

from dashboard.web import assets
from tests.pages.conftest import PHONE, Watched, keep, log_in, open_page
from tests.servers import free_port
from tests.stack import PASSWORD, Dashboard, Stack

pytestmark = pytest.mark.browser

STREAMLIT, OURS = "**/static/j*/**", "**/bundles/live.js"
_BOX = "(element) => { const { x, y, width } = element.getBoundingClientRect(); return [x, y, width]; }"
_SHIFTS = """async () => {
  await document.fonts.load("14px PerfWatch");
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  window.shifts = [];
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value }) => value)))
    .observe({ type: "layout-shift" });
}"""


@contextmanager
def held(page: Page, pattern: str) -> Iterator[None]:
    """Whatever is asked for there waits until the block ends."""
    waiting: list[Route] = []
    over = False
    page.route(pattern, lambda route: route.continue_() if over else waiting.append(route))
    yield
    over = True
    for route in waiting:
        route.continue_()


def live_sockets(page: Page) -> list[WebSocket]:
    """The page's live WebSockets, as they are opened from now on."""
    opened: list[WebSocket] = []
    page.on("websocket", lambda socket: opened.append(socket) if "/api/ws/metrics" in socket.url else None)
    return opened


def open_without_streamlit(page: Page, stack: Stack, path: str) -> None:
    page.goto(f"{stack.url}{path}", wait_until="commit")


def has_taken_over(page: Page) -> None:
    expect(page.get_by_test_id("logout")).to_be_visible()
    expect(page.locator("#early")).to_have_count(0)


@pytest.fixture(params=["desktop", "phone"])
def fresh(request: pytest.FixtureRequest, stack: Stack) -> Page:
    """A page of a browser that is logged in and has nothing of Streamlit's."""
    context: BrowserContext = request.getfixturevalue("context" if request.param == "desktop" else "phone")
    answer = context.request.post(
        f"{stack.url}/api/auth/login", data={"username": "admin", "password": PASSWORD}
    )
    assert answer.ok, answer.text()
    return context.new_page()


def test_what_is_taken_over_keeps_the_marks_that_its_style_draws(phone: BrowserContext, stack: Stack) -> None:
    page = phone.new_page()
    open_page(page, stack, "/history")
    has_taken_over(page)
    expect(page.get_by_test_id("fold")).to_contain_text("CPU", timeout=20_000)
    width = page.get_by_test_id("fold").evaluate("(fold) => getComputedStyle(fold, '::after').width")
    assert width.endswith("px"), "“Change” is not drawn"


def test_charts_are_drawn_first_and_taken_over_as_they_run(fresh: Page, stack: Stack) -> None:
    watched, sockets = Watched(fresh), live_sockets(fresh)
    cards, pause = fresh.get_by_test_id("cards"), fresh.get_by_test_id("pause")
    name = "phone" if fresh.viewport_size == PHONE else "desktop"
    with held(fresh, STREAMLIT):
        open_without_streamlit(fresh, stack, "/live")
        expect(fresh.get_by_test_id("chart-cpu").locator("canvas")).to_be_visible()
        expect(fresh.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
        assert fresh.locator(".stApp").count() == 0
        pause.focus()
        fresh.locator("#early").evaluate("(early) => { early.scrollTop = 40; }")
        before = cards.evaluate(_BOX)
        cards.evaluate("(element) => { element.dataset.mark = 'mine'; }")
        keep(fresh, f"start-{name}-before")
    has_taken_over(fresh)
    expect(pause).to_be_focused()
    assert cards.get_attribute("data-mark") == "mine"
    assert cards.evaluate(_BOX) == before
    keep(fresh, f"start-{name}-after")
    shown = cards.get_attribute("data-timestamp") or ""
    expect(cards).not_to_have_attribute("data-timestamp", shown)
    assert len(sockets) == 1
    assert watched.complaints == []
    fonts = [url.rpartition("/")[2] for url in watched.asked if url.endswith(".woff2")]
    assert fonts == ["perfwatch-sans.woff2"], "a page fetches a font that it does not need"
    ours = {url.rpartition("/")[2] for url in watched.asked if "/assets/" in url}
    assert ours == {"live.js", "logo.svg", *fonts}, "what is small stands in the page"


@pytest.mark.parametrize("path", ["/settings", "/history", "/hosts"])
def test_nothing_moves_when_streamlit_takes_over(fresh: Page, stack: Stack, path: str) -> None:
    shown = fresh.get_by_test_id(path.strip("/"))
    with held(fresh, STREAMLIT):
        with fresh.expect_request(STREAMLIT):  # it has drawn
            open_without_streamlit(fresh, stack, path)
        fresh.evaluate(_SHIFTS)
        before = shown.evaluate(_BOX)
    has_taken_over(fresh)
    assert shown.evaluate(_BOX) == before
    if path == "/settings":  # elsewhere readings change the width of what is written
        # Streamlit's own header may settle by a few pixels, which is less.
        assert fresh.evaluate("window.shifts.filter((value) => value > 0.001)") == []


def test_our_frame_leads_to_the_other_pages(fresh: Page, stack: Stack) -> None:
    with held(fresh, STREAMLIT):
        open_without_streamlit(fresh, stack, "/live")
        fresh.get_by_role("link", name="Settings").click()
        expect(fresh.get_by_test_id("settings")).to_be_visible()
    has_taken_over(fresh)
    expect(fresh.get_by_test_id("settings")).to_be_visible()


def test_streamlit_may_come_first(fresh: Page, stack: Stack) -> None:
    """As it does when its scripts are kept already, and ours are new."""
    open_without_streamlit(fresh, stack, "/live")
    has_taken_over(fresh)
    sockets = live_sockets(fresh)
    with held(fresh, OURS):
        fresh.reload(wait_until="commit")
        expect(fresh.get_by_test_id("stHeader")).to_be_attached()
    has_taken_over(fresh)
    expect(fresh.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
    expect(fresh.get_by_test_id("live")).to_have_count(1)
    assert len(sockets) == 1


def test_streamlit_does_not_wait_for_ever(fresh: Page, stack: Stack) -> None:
    with held(fresh, OURS), fresh.expect_request(STREAMLIT):
        open_without_streamlit(fresh, stack, "/live")


def test_another_page_chosen_meanwhile_ends_the_first(fresh: Page, stack: Stack) -> None:
    sockets = live_sockets(fresh)
    with held(fresh, STREAMLIT):
        open_without_streamlit(fresh, stack, "/live")
        expect(fresh.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
        # Streamlit shows the page that the address names when its scripts have come.
        fresh.evaluate("history.pushState(null, '', '/settings')")
        [socket] = sockets
    with socket.expect_event("close"):
        has_taken_over(fresh)
    expect(fresh.get_by_test_id("settings")).to_be_visible()
    expect(fresh.get_by_test_id("live")).to_have_count(0)


def test_readings_go_on_where_streamlit_never_comes(fresh: Page, stack: Stack) -> None:
    fresh.route(STREAMLIT, lambda route: route.abort("connectionreset"))
    open_without_streamlit(fresh, stack, "/live")
    with fresh.expect_event("framenavigated"):  # once more, in case that it was an accident
        expect(fresh.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
    cards = fresh.get_by_test_id("cards")
    expect(cards).to_have_attribute("data-timestamp", re.compile(r"\d"))
    shown = cards.get_attribute("data-timestamp") or ""
    expect(cards).not_to_have_attribute("data-timestamp", shown)


class Changed(Dashboard):
    """The dashboard on a Streamlit whose start page, in `folder`, is not made as we know it."""

    _RUN = (
        "import sys, pathlib; from dashboard.web import start_page as start;"
        "start.STREAMLIT = pathlib.Path(sys.argv.pop());"
        "from dashboard.__main__ import main; main()"
    )

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, f"mqtt://127.0.0.1:{free_port()}")
        self.command = [sys.executable, "-P", "-c", self._RUN, str(folder)]


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[Dashboard]:
    index = (assets.STREAMLIT / "index.html").read_text()
    (tmp_path / "index.html").write_text(index.replace("<title>Streamlit<", "<title>An app<"))
    with Changed(tmp_path) as dashboard:
        yield dashboard


@pytest.mark.parametrize("name", ["hosts", "history", "settings"])
def test_a_streamlit_that_changed_shows_the_pages_all_the_same(
    context: BrowserContext, changed: Dashboard, name: str
) -> None:
    page = context.new_page()
    page.goto(f"{changed.url}/{name}")
    log_in(page)
    expect(page.get_by_test_id(name)).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("logout")).to_be_visible()
    assert "has no title" in changed.output()
