"""What a page weighs and how long it takes, in a real Chromium: with esbuild, and without it.

    python -m benchmarks.bench_weight

Bytes are those on the wire, with the answers' headers. Nothing is kept from before. A visit lasts until
Streamlit has drawn its part ("Log out"). Both kinds of server are visited in turn.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext

from benchmarks.table import print_table
from tests.browser import chromium
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Apart, Dashboard, await_one_script, log_in

PAGES = ("live", "hosts", "history", "alerts", "settings")
_KINDS = {"Streamlit's files": "/static/", "ours": "/assets/"}
_SETTLED_MS = 3000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=16, help="of each kind, for the times (default 16)")
    visits = parser.parse_args().visits
    with chromium() as browser, servers() as both:
        rows = [(page, name, *weigh(browser, both[name], page)) for page in PAGES for name in both]
        rounds: dict[str, list[tuple[float, float, float]]] = {name: [] for name in both}
        for turn in range(visits):
            for name in sorted(both, reverse=bool(turn % 2)):  # so that neither always comes first
                rounds[name].append(time_visits(browser, both[name]))
    columns = ("page", "scripts", "requests", "kB", *_KINDS)
    print_table("A first visit (target: 40 requests, 700 kB)", columns, rows)
    times = [(name, *(median(one) for one in zip(*rounds[name], strict=True))) for name in both]
    columns = ("scripts", "first visit ms", "second ms", "server's processor, first ms")
    print_table(f"Live, until Streamlit has drawn: median of {visits} visits in turn", columns, times)


@contextmanager
def servers() -> Iterator[dict[str, Dashboard]]:
    """One of each kind."""
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        Mosquitto(Path(one)) as broker,
        Apart(Path(other), broker.url) as apart,
        Dashboard(Path(one), broker.url) as joined,
    ):
        await_one_script(joined.url, log_in(joined.url))
        yield {"one by one": apart, "one script": joined}


def time_visits(browser: Browser, server: Dashboard) -> tuple[float, float, float]:
    """The milliseconds of a first visit and of a second one, and of the server's processor for the first."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    context = logged_in(browser, server)
    before = sum(process.cpu_times()[:2])
    first = visit(context, server)
    used = sum(process.cpu_times()[:2]) - before
    second = visit(context, server)
    context.close()
    return first, second, used * 1000


def visit(context: BrowserContext, server: Dashboard) -> float:
    page = context.new_page()
    began = time.perf_counter()
    page.goto(f"{server.url}/live", wait_until="commit")
    page.get_by_test_id("logout").wait_for()
    took = (time.perf_counter() - began) * 1000
    page.close()
    return took


def logged_in(browser: Browser, server: Dashboard) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    login = {"username": "admin", "password": PASSWORD}
    assert context.request.post(f"{server.url}/api/auth/login", data=login).ok
    return context


def weigh(browser: Browser, server: Dashboard, path: str) -> tuple[object, ...]:
    """Requests, kB, and the kB of each kind."""
    context = logged_in(browser, server)
    page = context.new_page()
    urls: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def asked(event: dict[str, Any]) -> None:
        urls[event["requestId"]] = event["request"]["url"]

    def loaded(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"] / 1000

    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", loaded)
    page.goto(f"{server.url}/{path}")
    page.get_by_test_id("logout").wait_for()
    page.wait_for_timeout(_SETTLED_MS)
    context.close()
    fetched = {name: url for name, url in urls.items() if url.startswith("http")}
    of_kinds = (sum(sizes.get(n, 0) for n, url in fetched.items() if part in url) for part in _KINDS.values())
    return len(fetched), sum(sizes.get(name, 0) for name in fetched), *of_kinds


if __name__ == "__main__":
    main()
