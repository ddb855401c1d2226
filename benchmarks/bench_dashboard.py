"""The dashboard: reading to pixels, what viewers cost the server, what watching costs a browser.

    python -m benchmarks.bench_dashboard [--seconds 30] [--updates 3600]

One simulated host with the six metrics at 1 s goes through a real Mosquitto to a dashboard. Latency is
taken in a real Chromium, from the reading's timestamp (taken just before it is published) to after
the frame that paints it; the other viewers are WebSocket clients. The hour in a browser is an hour's
worth of updates at the pace that the page takes them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.process import processor_seconds, resident_megabytes
from benchmarks.table import percentile, print_table
from benchmarks.watching import Host, Viewers
from tests.browser import chromium
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard, log_in

# A slow mobile link, as Lighthouse emulates one: 1.6 Mbit/s down, 750 kbit/s up, 150 ms there and back.
SLOW_LINK = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750, "offline": False}
# Notes, for each change of the reading shown, the time when its frame had been painted.
_WATCH = """
(root) => {
  window.painted = [];
  new MutationObserver(() => {
    const taken = Date.parse(root.dataset.timestamp);
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => window.painted.push(Date.now() - taken);
      after.port2.postMessage(null);
    });
  }).observe(root, { attributes: true, attributeFilter: ["data-timestamp"] });
}
"""
_COUNT = """
(root) => {
  window.updates = 0;
  new MutationObserver(() => { window.updates += 1; })
    .observe(root, { attributes: true, attributeFilter: ["data-timestamp"] });
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=30, help="how long each cost is measured")
    parser.add_argument("--updates", type=int, default=3600, help="how many updates a browser is given")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder))
        dashboard = stack.enter_context(Dashboard(folder, broker.url))
        browser = stack.enter_context(chromium())
        host = Host(broker.port, "bench")
        stack.callback(host.close)
        host.tick()
        with host.ticking():
            print_loads(browser, dashboard)
            print_viewers(dashboard, chosen.seconds)
            print_latency(browser, dashboard, chosen.seconds)
        print_browser(browser, dashboard, host, chosen.seconds, chosen.updates)


def open_live(browser: Browser, dashboard: Dashboard) -> tuple[Page, CDPSession]:
    """The Live page of a browser of its own, showing a reading; and its DevTools session."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    log_in_page(page, dashboard)
    page.goto(f"{dashboard.url}/live")
    page.locator("[data-timestamp]").first.wait_for(state="attached", timeout=30_000)
    page.get_by_test_id("logout").wait_for(timeout=30_000)
    return page, context.new_cdp_session(page)


def log_in_page(page: Page, dashboard: Dashboard) -> None:
    given = {"username": "admin", "password": PASSWORD}
    answer = page.request.post(f"{dashboard.url}/api/auth/login", data=given)
    assert answer.ok, answer.text()


def print_loads(browser: Browser, dashboard: Dashboard) -> None:
    rows = []
    for name, link in (("this machine", None), ("slow link", SLOW_LINK)):
        loads = [load_times(browser, dashboard, link) for _ in range(3)]
        for cache, times in zip(("cold", "warm"), zip(*loads, strict=True), strict=True):
            first, whole = zip(*times, strict=True)
            middles = (percentile(first, 0.5), max(first), percentile(whole, 0.5), max(whole))
            rows.append((f"{name}, {cache} cache", *middles))
    print_table(
        "Opening the Live page: its first reading drawn (target 2 s cold, 1 s warm), and all of the page",
        ("", "median s", "slowest s", "all: median s", "slowest s"),
        rows,
    )


def load_times(
    browser: Browser, dashboard: Dashboard, link: dict[str, Any] | None
) -> list[tuple[float, float]]:
    """Seconds from opening the Live page to its first reading and to "Log out", which comes last.

    With an empty cache, and again.
    """
    context = browser.new_context()
    page = context.new_page()
    log_in_page(page, dashboard)
    if link:
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", link)
    times = []
    for _ in range(2):
        started = time.perf_counter()
        page.goto(f"{dashboard.url}/live", timeout=120_000, wait_until="commit")
        page.locator("[data-timestamp]").first.wait_for(state="attached", timeout=120_000)
        drawn = time.perf_counter() - started
        page.get_by_test_id("logout").wait_for(timeout=120_000)
        times.append((drawn, time.perf_counter() - started))
        page.goto("about:blank")
    context.close()
    return times


def print_viewers(dashboard: Dashboard, seconds: int) -> None:
    assert dashboard.process is not None
    pid, token = dashboard.process.pid, log_in(dashboard.url)
    rows = []
    for count in (0, 1, 20, 100):
        with Viewers(dashboard.url, token, count) as viewers:
            time.sleep(2)  # what connecting costs is not what watching costs
            before, received = processor_seconds(pid), viewers.received
            began = time.monotonic()
            time.sleep(seconds)
            passed = time.monotonic() - began
            share = 100 * (processor_seconds(pid) - before) / passed
            each = (viewers.received - received) / passed / max(1, count)
            rows.append((count, share, each, resident_megabytes(pid)))
    print_table(
        f"Viewers of one host at 1 s, over {seconds} s each",
        ("viewers", "% of a core, server", "bytes/s a viewer", "MB resident"),
        rows,
    )


def print_latency(browser: Browser, dashboard: Dashboard, readings: int) -> None:
    token = log_in(dashboard.url)
    rows = []
    for count in (1, 20):
        with Viewers(dashboard.url, token, count - 1):
            page, _ = open_live(browser, dashboard)
            page.locator("[data-timestamp]").first.evaluate(_WATCH)
            page.wait_for_function(f"window.painted.length >= {readings}", timeout=(readings + 30) * 1000)
            seen: list[float] = page.evaluate("window.painted")
            page.context.close()
            rows.append((count, len(seen), percentile(seen, 0.5), percentile(seen, 0.95), max(seen)))
    print_table(
        "From a published reading to painted pixels, at 1 s (target 100 ms, goal 30)",
        ("viewers", "readings", "median ms", "p95 ms", "slowest ms"),
        rows,
    )


def print_browser(browser: Browser, dashboard: Dashboard, host: Host, seconds: int, updates: int) -> None:
    page, devtools = open_live(browser, dashboard)
    devtools.send("Performance.enable")
    with host.ticking():
        page.wait_for_timeout(3000)
        before = metrics(devtools)
        page.wait_for_timeout(seconds * 1000)
        after = metrics(devtools)
    busy = (after["TaskDuration"] - before["TaskDuration"]) * 60 / seconds
    print_table(
        f"A browser that watches one host at 1 s, over {seconds} s",
        ("", "s a minute"),
        [("main thread busy", busy), ("of that scripts", scripts(before, after) * 60 / seconds)],
    )
    print_heap(page, devtools, host, updates)
    page.context.close()


def print_heap(page: Page, devtools: CDPSession, host: Host, updates: int) -> None:
    """Give the page `updates` readings, 1 s apart by their timestamps, as fast as it draws them."""
    page.locator("[data-timestamp]").first.evaluate(_COUNT)
    began_ms = time.time_ns() // 1_000_000
    rows = []
    for count in range(updates + 1):
        if count % max(1, updates // 6) == 0:
            devtools.send("HeapProfiler.collectGarbage")
            now = metrics(devtools)
            rows.append((count, now["JSHeapUsedSize"] / 2**20, round(now["Nodes"])))
        host.tick(began_ms + count * 1000)
        page.wait_for_function(f"window.updates > {count}")
    print_table(
        f"{updates} updates of the Live page, after a garbage collection",
        ("updates", "MB heap", "DOM nodes"),
        rows,
    )


def metrics(devtools: CDPSession) -> dict[str, float]:
    found = devtools.send("Performance.getMetrics")["metrics"]
    return {one["name"]: one["value"] for one in found}


def scripts(before: dict[str, float], after: dict[str, float]) -> float:
    return after["ScriptDuration"] - before["ScriptDuration"]


if __name__ == "__main__":
    main()
