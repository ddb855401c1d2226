"""The History page: from a click to the drawn chart, over a month of readings.

    python -m benchmarks.bench_pages [--days 30] [--rounds 15] [--folder DIR]

Makes readings each 5 s of one host with 16 cores in SQLite, rolled up as the bridge does, and opens the page
in a real Chromium. "Drawn" is from the click until the frame that paints the answer. The processor's
time of the page and of the server is given beside it: it does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from benchmarks.painted import WATCH
from benchmarks.process import processor_seconds
from benchmarks.table import percentile, print_table
from perfwatch.history.policy import DAY_MS
from perfwatch.history.rollup import HOUR, closed, total
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point
from tests.browser import chromium
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard

STEP = 5000
FIELDS = ("usage_percent", "user", "system", "iowait")

RANGES = ("1 hour", "6 hours", "24 hours", "7 days", "30 days")
QUESTIONS = {
    "1 line": "host=nas",
    "16 cores": "host=nas&of=core&" + "&".join(f"part={core}" for core in range(16)),
    "1 line beside last week": "host=nas&compare=week",
}

_SIZES = """
performance.getEntriesByType("resource").filter(({ name }) => name.includes("/api/history/query"))
  .map(({ encodedBodySize }) => encodedBodySize)
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=15, help="how often each range is chosen")
    parser.add_argument("--folder", help="where to make the store (default: a temporary folder)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        make_month(folder / "history.db", chosen.days)
        with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as server:
            measure(server, chosen.rounds)


def make_month(path: Path, days: int) -> None:
    stop = time.time_ns() // 1_000_000 // HOUR * HOUR + HOUR
    print(f"writing {days} days of 20 series, each 5 s …")
    with SqliteStore(path) as store:
        fill(store, stop - days * DAY_MS, stop)
        total(store.roll_up(closed(stop)))
        total(store.thin(stop - 7 * DAY_MS))


def fill(store: SqliteStore, start: int, stop: int) -> None:
    """Plausible percentages, the same in each run."""
    chance = random.Random(1)
    batch: list[Point] = []
    for time_ms in range(start, stop, STEP):
        whole = {field: round(chance.uniform(0, 100), 2) for field in FIELDS}
        batch.append(Point("cpu", "nas", "", "", time_ms, whole))
        for core in range(16):
            use = {"usage_percent": round(chance.uniform(0, 100), 2)}
            batch.append(Point("cpu", "nas", "core", str(core), time_ms, use))
        if len(batch) > 10_000:
            store.write(batch)
            batch.clear()
    store.write(batch)


def measure(server: Dashboard, rounds: int) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        login = {"username": "admin", "password": PASSWORD}
        assert context.request.post(f"{server.url}/api/auth/login", data=login).ok
        page = context.new_page()
        rows = [row for name in QUESTIONS for row in clicks(page, server, name, rounds)]
    head = ("", "range", "p50 ms", "p95 ms", "page's CPU ms", "server's CPU ms", "kB")
    print_table("A chart, from the click to drawn (target: 30 days in 300 ms)", head, rows)


def clicks(page: Page, server: Dashboard, name: str, rounds: int) -> list[Sequence[object]]:
    page.goto(f"{server.url}/history?range=15m&{QUESTIONS[name]}")
    page.get_by_test_id("logout").wait_for()
    root = page.get_by_test_id("history")
    page.wait_for_function("(root) => root.dataset.loaded", arg=root.element_handle())
    root.evaluate(WATCH)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return [(name, label, *click(page, session, server, label, rounds)) for label in RANGES]


def click(page: Page, session: CDPSession, server: Dashboard, label: str, rounds: int) -> tuple[object, ...]:
    """Median and 95th percentile; processor ms of page and server; the answer's size."""
    button = page.get_by_role("button", name=label)
    page.evaluate("() => { window.painted = []; performance.clearResourceTimings(); }")
    assert server.process is not None
    drawn, spent = task_seconds(session), processor_seconds(server.process.pid)
    for number in range(rounds):
        button.click()
        page.wait_for_function("(count) => window.painted.length >= count", arg=number + 1, polling=50)
    drawn, spent = task_seconds(session) - drawn, processor_seconds(server.process.pid) - spent
    painted: list[float] = page.evaluate("window.painted")
    sizes: list[int] = page.evaluate(_SIZES)
    milliseconds = (1000 * seconds / rounds for seconds in (drawn, spent))
    return percentile(painted, 0.5), percentile(painted, 0.95), *milliseconds, sum(sizes) / rounds / 1000


def task_seconds(session: CDPSession) -> float:
    """How long the page's main thread has worked."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


if __name__ == "__main__":
    main()
