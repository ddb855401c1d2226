"""The dashboard below a path, as a reverse proxy shows it: pages, links, sockets, the way to the login."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.pages.conftest import Watched, log_in, settled
from tests.stack import PASSWORD, Stack, await_one_script, bearer
from tests.stack import log_in as token_of

pytestmark = pytest.mark.browser

BASE = "/watch/perf"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = Path(tmp_path_factory.mktemp("stack"))
    with Stack(folder, "--interval", "0.5", admin_password=PASSWORD, base_path=BASE) as stack:
        await_one_script(stack.url, token_of(stack.url))
        yield stack


def test_every_page_works_below_a_path(context: BrowserContext, below: Stack) -> None:
    watched = Watched(context.new_page())
    page = watched.page
    page.goto(f"{below.url}{BASE}")
    expect(page).to_have_url(re.compile(rf"{BASE}/login\?next="))
    log_in(page)
    expect(page).to_have_url(re.compile(rf"{BASE}/live"))
    expect(page.get_by_test_id("connection-state")).to_have_text(re.compile("^connected", re.IGNORECASE))
    settled(page)
    for name, shown in (("Hosts", "hosts"), ("History", "history"), ("Settings", "settings")):
        page.get_by_role("link", name=name).first.click()
        expect(page).to_have_url(re.compile(rf"{BASE}/{shown}"))
        expect(page.get_by_test_id(shown)).to_be_visible()
        page.reload()
        expect(page.get_by_test_id(shown)).to_be_visible()
    assert watched.complaints == []
    page.get_by_test_id("logout").click()
    expect(page).to_have_url(re.compile(rf"{BASE}/login\?reason=logout"))
    asked = {re.sub(r"^\w+://[^/]+", "", url) for url in watched.asked if not url.startswith("blob:")}
    assert [path for path in asked if not path.startswith((BASE, "data:"))] == []


def test_a_proxy_may_have_taken_the_path_off(below: Stack) -> None:
    token = token_of(below.url)
    assert httpx.get(f"{below.url}/api/hosts", headers=bearer(token)).status_code == 200
    assert httpx.get(f"{below.url}{BASE}/api/hosts", headers=bearer(token)).status_code == 200
    start = httpx.get(f"{below.url}/", headers=bearer(token))
    assert (start.status_code, start.headers["location"]) == (303, f"{BASE}/live")


def test_what_only_begins_like_the_path_is_not_below_it(below: Stack) -> None:
    token = token_of(below.url)
    assert httpx.get(f"{below.url}{BASE}s/api/hosts", headers=bearer(token)).status_code == 404
