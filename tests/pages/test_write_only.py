"""All of PerfWatch over a real VictoriaMetrics, which takes writes and answers no InfluxQL: pages say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.influx import Victoria
from tests.pages.conftest import keep, open_live, open_page
from tests.servers import wait_until
from tests.stack import PASSWORD, Stack

pytestmark = pytest.mark.browser

TOLD = "takes writes, but does not answer InfluxQL: read it with its own tools (docs/influxdb.md)"


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victoria]:
    with Victoria(Path(tmp_path_factory.mktemp("victoria"))) as store:
        yield store


@pytest.fixture(scope="module")
def over_victoria(victoria: Victoria, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = Path(tmp_path_factory.mktemp("stack"))
    history = f"http://127.0.0.1:{victoria.port}"
    given = {"history": history, "admin_password": PASSWORD}
    with Stack(folder, "--interval", "0.5", "--host", "nas", **given) as stack:
        yield stack


def test_it_starts_is_healthy_and_says_what_does_not_work(over_victoria: Stack, victoria: Victoria) -> None:
    answer = httpx.get(f"{over_victoria.url}/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "broker": "ok",
        "store": "ok",
        "history": f"write only: The server at http://127.0.0.1:{victoria.port} {TOLD}",
    }
    log = (over_victoria.folder / "data" / "logs" / "dashboard.log").read_text()
    assert log.count(f"{TOLD}; the pages show what is live, and no history") == 1
    query = {"query": "cpu_usage_percent"}
    url = f"http://127.0.0.1:{victoria.port}/api/v1/query"
    wait_until(lambda: bool(httpx.get(url, params=query).json()["data"]["result"]), "readings arrive there")


def test_history_says_that_there_is_nothing_to_show_and_does_not_ask_again(
    over_victoria: Stack, context: BrowserContext
) -> None:
    page = context.new_page()
    page.clock.install()
    open_page(page, over_victoria, "/history")
    veil = page.get_by_test_id("veil")
    expect(veil).to_contain_text("The history cannot be read here: The server at")
    expect(page.get_by_test_id("veil-action")).to_be_hidden()
    keep(page, "history-write-only")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(60_000)
    page.wait_for_function("performance.now() > 60_000")
    assert not [url for url in asked if "/api/history/" in url]


def test_live_draws_and_its_ranges_say_that_they_cannot(
    over_victoria: Stack, context: BrowserContext
) -> None:
    page = context.new_page()
    open_live(page, over_victoria)
    expect(page.get_by_test_id("notice")).to_contain_text("The charts begin now")
    keep(page, "live-write-only")
    page.get_by_role("button", name="24 h", exact=True).click()
    expect(page.get_by_test_id("past-notice")).to_contain_text(
        "The history cannot be read here: The server at"
    )
    expect(page.get_by_test_id("past-act")).to_be_hidden()
    keep(page, "live-range-write-only")
