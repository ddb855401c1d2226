"""The Live page over a range: from the click to all cards drawn, over a month of readings.

    python -m benchmarks.bench_ranges [--days 30] [--rounds 10] [--folder DIR]

Makes readings of a machine with all 13 metrics and 4 cores in SQLite, each 10 minutes, on the last day each
minute and in its last hour each 5 s, rolled up as the bridge does, so that hours are asked for as those of
any month. The page is opened in a real Chromium; all cards are drawn, also those below. "Drawn" is from the
click until the frame that paints the answer: first from Live, then from another range. The processor's time
of the page and of the server is given beside it: it does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from benchmarks.bench_pages import task_seconds
from benchmarks.painted import WATCH
from benchmarks.process import processor_seconds
from benchmarks.table import percentile, print_table
from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, closed, total
from perfwatch.history.sqlite.store import SqliteStore
from tests.browser import chromium
from tests.pages.conftest import DESKTOP
from tests.pages.feed import Feed, encoded, publish, remember
from tests.pages.machines import everything, info
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard

CORES = 4
MINUTE, STEP = 60_000, 5000
RANGES = ("1 h", "24 h", "7 d", "30 d")

_ANSWERS = """
performance.getEntriesByType("resource").filter(({ name }) => name.includes("/api/history/"))
  .map(({ encodedBodySize }) => encodedBodySize)
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=10, help="how often each range is chosen")
    parser.add_argument("--folder", help="where to make the store (default: a temporary folder)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        make_month(folder / "history.db", chosen.days)
        with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as server:
            publish(broker, "nas", {"info": info("nas", CORES)})
            with Feed(broker, "nas", lambda moment: encoded(everything(moment, CORES)), 5):
                measure(server, chosen.rounds)


def make_month(path: Path, days: int) -> None:
    stop = time.time_ns() // 1_000_000
    print(f"writing {days} days of 13 metrics …")
    with SqliteStore(path) as store:
        for part in _parts(stop - days * DAY_MS, stop):
            remember(store, "nas", part, CORES)
        total(store.roll_up(closed(stop // HOUR * HOUR)))
        total(store.thin(stop - 7 * DAY_MS))


def _parts(start: int, stop: int) -> Iterator[range]:
    """The times of all readings, some hundred at a time."""
    day, hour = stop - DAY_MS, stop - HOUR
    yield from (range(begin, min(begin + DAY_MS, day), 10 * MINUTE) for begin in range(start, day, DAY_MS))
    yield from (range(begin, min(begin + 6 * HOUR, hour), MINUTE) for begin in range(day, hour, 6 * HOUR))
    yield range(hour, stop, STEP)


def measure(server: Dashboard, rounds: int) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport=DESKTOP)
        login = {"username": "admin", "password": PASSWORD}
        assert context.request.post(f"{server.url}/api/auth/login", data=login).ok
        page = context.new_page()
        page.goto(f"{server.url}/live?host=nas")
        page.get_by_test_id("logout").wait_for()
        page.wait_for_selector('[data-testid="cards"][data-timestamp]')
        root = page.get_by_test_id("live")
        root.evaluate(WATCH)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        rows = [
            (before, label, *click(page, session, server, before, label, rounds))
            for before in ("Live", "12 h")
            for label in RANGES
        ]
        print(f"{page.locator('.ranged').count()} cards")
    head = ("from", "range", "p50 ms", "p95 ms", "page's CPU ms", "server's CPU ms", "requests", "kB")
    print_table("All cards, from the click to drawn (target: 30 days in 500 ms)", head, rows)


def click(
    page: Page, session: CDPSession, server: Dashboard, before: str, label: str, rounds: int
) -> Sequence[object]:
    """Median and 95th percentile; processor ms of page and server; requests and kB of a click."""
    assert server.process is not None
    taken, drawn, spent, sizes = [], 0.0, 0.0, []
    for _ in range(rounds):
        rest(page, before)
        page.evaluate("() => { window.painted = []; performance.clearResourceTimings(); }")
        begun = task_seconds(session), processor_seconds(server.process.pid)
        page.get_by_role("button", name=label, exact=True).click()
        page.wait_for_function("() => window.painted.length > 0", polling=100)
        drawn += task_seconds(session) - begun[0]
        spent += processor_seconds(server.process.pid) - begun[1]
        taken.append(page.evaluate("window.painted[0]"))
        sizes += page.evaluate(_ANSWERS)
    each = (1000 * drawn / rounds, 1000 * spent / rounds, len(sizes) / rounds, sum(sizes) / rounds / 1000)
    return percentile(taken, 0.5), percentile(taken, 0.95), *each


def rest(page: Page, before: str) -> None:
    """What the range before costs is not counted."""
    page.evaluate("() => (window.painted = [])")
    page.get_by_role("button", name=before, exact=True).click()
    if before != "Live":
        page.wait_for_function("() => window.painted.length > 0", polling=100)
    page.wait_for_timeout(2000)


if __name__ == "__main__":
    main()
