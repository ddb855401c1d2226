"""What a first visit of each page weighs on the wire, besides the readings that it shows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from dashboard.server import PAGES
from tests.pages.conftest import DESKTOP, settled
from tests.stack import PASSWORD, Stack

pytestmark = pytest.mark.browser

MOST_KILOBYTES = 700


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_light(browser: Browser, stack: Stack, path: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    assert context.request.post(
        f"{stack.url}/api/auth/login", data={"username": "admin", "password": PASSWORD}
    ).ok
    page, urls, sizes = context.new_page(), dict[str, str](), dict[str, float]()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.responseReceived", lambda one: urls.update({one["requestId"]: one["response"]["url"]})
    )
    session.on(
        "Network.loadingFinished", lambda one: sizes.update({one["requestId"]: one["encodedDataLength"]})
    )
    page.goto(f"{stack.url}/{path}")
    page.get_by_test_id("logout").wait_for()
    settled(page)
    page.wait_for_load_state("networkidle")
    context.close()
    files = {url: sizes[name] / 1000 for name, url in urls.items() if name in sizes and "/api/" not in url}
    assert len(files) > 10
    assert sum(files.values()) < MOST_KILOBYTES, files
