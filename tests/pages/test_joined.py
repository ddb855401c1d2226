"""Pages on Streamlit's modules as one script, in a real browser, and without esbuild one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.server import PAGES
from dashboard.web.assets import STREAMLIT
from dashboard.web.joining import Modules
from tests.dashboard.web.made_up import needs_esbuild
from tests.pages.conftest import Watched, settled
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Apart, Dashboard, await_one_script
from tests.stack import log_in as token_of

pytestmark = pytest.mark.browser

TARGET = 40
AT_ONCE = Modules((STREAMLIT / "index.html").read_text()).places
# Each React that starts in a page tells this hook.
_COUNTING = """
  window.reacts = 0;
  window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
    supportsFiber: true, renderers: new Map(), checkDCE() {}, inject: () => ++window.reacts,
    onCommitFiberRoot() {}, onCommitFiberUnmount() {}, onPostCommitFiberRoot() {}, onScheduleFiberRoot() {},
  };
"""
_DRAWING = """
import pandas as pd
import streamlit as st

table = pd.DataFrame({"number": [1, 2, 3]})
st.markdown("A page with **all sorts**")
st.line_chart(table)
st.dataframe(table)
st.table(table)
st.slider("How much", 0, 10)
st.selectbox("Which one", ["this", "that"])
if st.button("Press"):
    st.success("Pressed")
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(Path(tmp_path_factory.mktemp("mosquitto"))) as broker:
        yield broker


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("dashboard"))
    (folder / "pages").mkdir()
    (folder / "pages" / "drawing.py").write_text(_DRAWING)
    return folder


@pytest.fixture(scope="module")
def joined(broker: Mosquitto, folder: Path) -> Iterator[Dashboard]:
    with Dashboard(folder, broker.url) as server:
        await_one_script(server.url, token_of(server.url))
        yield server


def opened(context: BrowserContext, server: Dashboard, path: str) -> Watched:
    """A page that Streamlit has taken over, with all that it fetches."""
    context.add_init_script(_COUNTING)
    login = {"username": "admin", "password": PASSWORD}
    assert context.request.post(f"{server.url}/api/auth/login", data=login).ok
    watched = Watched(context.new_page())
    watched.page.goto(f"{server.url}{path}")
    expect(watched.page.get_by_test_id("logout")).to_be_visible()
    settled(watched.page)
    watched.page.wait_for_load_state("networkidle")
    return watched


def modules(watched: Watched) -> list[str]:
    """Streamlit's scripts that were fetched, by folder and name."""
    return sorted(url.partition("/static/")[2] for url in watched.asked if re.search(r"/static/.+\.js$", url))


def reacts(page: Page) -> int:
    found: int = page.evaluate("window.reacts")
    return found


@needs_esbuild
@pytest.mark.parametrize("name", PAGES)
def test_a_first_visit_takes_few_requests(context: BrowserContext, joined: Dashboard, name: str) -> None:
    watched = opened(context, joined, f"/{name}")
    expect(watched.page.get_by_test_id(name)).to_be_visible()
    asked = [url for url in watched.asked if url.startswith("http")]
    assert len(asked) <= TARGET, asked
    fetched = modules(watched)
    assert "streamlit.js" in {path.partition("/")[2] for path in fetched}
    assert [path for path in fetched if not path.startswith("joined-")] == []
    assert [path for path in fetched if path.partition("/")[2] in AT_ONCE] == []
    assert reacts(watched.page) == 1
    assert watched.complaints == []
    watched.page.get_by_test_id("logout").click()
    expect(watched.page).to_have_url(f"{joined.url}/login?reason=logout")


@needs_esbuild
def test_what_comes_later_works_with_it(context: BrowserContext, joined: Dashboard) -> None:
    watched = opened(context, joined, "/page-drawing")
    page = watched.page
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    expect(page.get_by_test_id("stTable")).to_contain_text("number")
    page.get_by_role("button", name="Press").click()
    expect(page.get_by_text("Pressed")).to_be_visible()
    page.get_by_role("slider").press("ArrowRight")
    expect(page.get_by_test_id("stSliderThumbValue")).to_have_text("1")
    fetched = modules(watched)
    assert len(fetched) > 20
    assert [path for path in fetched if not path.startswith("joined-")] == []
    assert [path for path in fetched if path.partition("/")[2] in AT_ONCE] == []
    assert page.locator("link[rel=modulepreload][href*='streamlit.js']").count() == 1
    assert reacts(page) == 1
    # Vega says so of each chart of Streamlit's, before the data come.
    assert [said for said in watched.complaints if "Infinite extent" not in said] == []


def test_without_esbuild_pages_load_module_by_module(
    context: BrowserContext, broker: Mosquitto, tmp_path: Path
) -> None:
    with Apart(tmp_path, broker.url) as apart:
        watched = opened(context, apart, "/settings")
        assert {f"js/{name}" for name in AT_ONCE} <= set(modules(watched))
        assert reacts(watched.page) == 1
        assert watched.complaints == []
        watched.page.get_by_test_id("logout").click()
        expect(watched.page).to_have_url(f"{apart.url}/login?reason=logout")


@needs_esbuild
def test_a_browser_that_came_before_esbuild_uses_none_of_what_it_kept(
    context: BrowserContext, broker: Mosquitto, tmp_path: Path
) -> None:
    server = Apart(tmp_path, broker.url)
    with server:
        opened(context, server, "/settings")
    later = Dashboard(tmp_path, broker.url)
    later.port, later.url = server.port, server.url
    later._environment["PERFWATCH_PORT"] = str(server.port)
    with later:
        await_one_script(later.url, token_of(later.url))
        watched = opened(context, later, "/settings")
        assert [path for path in modules(watched) if not path.startswith("joined-")] == []
        assert reacts(watched.page) == 1
        assert watched.complaints == []
