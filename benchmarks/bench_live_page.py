"""The Live page in the browser: main-thread time, and the heap over an hour of readings.

    python -m benchmarks.bench_live_page [--seconds 30] [--ticks 3600]

A machine with 128 cores and all 13 metrics publishes once a second to a broker of its own. The time is
processor time of the page's main thread (CDP's TaskDuration in thread ticks), the heap is taken after a
collection. The hour is fed to the page's own socket as fast as it draws, each reading one second after the
one before.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from benchmarks.table import print_table
from perfwatch.readings.codec import now, to_ms
from tests.browser import chromium
from tests.pages.conftest import DESKTOP, log_in
from tests.pages.feed import Feed, encoded, publish
from tests.pages.machines import everything, info
from tests.servers import Mosquitto
from tests.stack import Dashboard

CORES = 128
SAMPLES = 6

# Keeps the page's live socket where it can be fed.
_KEEP_SOCKET = """
window.WebSocket = class extends WebSocket {
  constructor(url) { super(url); if (String(url).includes("/api/ws/metrics")) window.live = this; }
};
"""

_FEED = """
async ([frames, from, count]) => {
  for (let tick = 0; tick < count; tick += 1) {
    const timestamp = new Date(from + tick * 1000).toISOString();
    live.onmessage({ data: frames[tick % frames.length].replaceAll("@", timestamp) });
    if (tick % 10 === 9) await new Promise(requestAnimationFrame);
  }
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=30, help="how long each view is watched")
    parser.add_argument("--ticks", type=int, default=3600, help="readings of the hour")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        Mosquitto(Path(name)) as broker,
        Dashboard(Path(name), broker.url) as server,
        chromium() as browser,
    ):
        publish(broker, "big", {"info": info("big", CORES)})
        page = browser.new_page(viewport=DESKTOP)
        page.add_init_script(_KEEP_SOCKET)
        with Feed(broker, "big", lambda time: encoded(everything(time, CORES)), 1):
            _open(page, server)
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            rows = [
                _watch(page, session, view, asked.seconds)
                for view in ("as opened", "all cards in sight", "and cores")
            ]
        print_table("Main thread, one reading a second", ["view", "ms/minute", "of it script"], rows)
        samples = _feed_hour(page, session, asked.ticks)
        print_table("Heap, all cards in sight", ["readings", "MB after collection", "DOM nodes"], samples)


def _open(page: Page, server: Dashboard) -> None:
    page.goto(f"{server.url}/live?host=big")
    log_in(page)
    page.wait_for_url(re.compile("/live"))
    page.wait_for_selector("[data-timestamp]")
    page.get_by_test_id("logout").wait_for()


def _watch(page: Page, session: CDPSession, view: str, seconds: int) -> list[object]:
    if view == "all cards in sight":
        height = page.get_by_test_id("live").evaluate("(live) => live.scrollHeight") + 160
        page.set_viewport_size({"width": DESKTOP["width"], "height": height})
    elif view == "and cores":
        page.get_by_role("button", name="Cores").click()
    page.wait_for_timeout(3000)  # what a new view costs once is not what it costs a minute
    before = _metrics(session)
    page.wait_for_timeout(seconds * 1000)
    after = _metrics(session)
    spent = [(after[name] - before[name]) * 60_000 / seconds for name in ("TaskDuration", "ScriptDuration")]
    return [view, *(f"{milliseconds:,.0f}" for milliseconds in spent)]


def _feed_hour(page: Page, session: CDPSession, ticks: int) -> list[list[object]]:
    start = to_ms(now()) + 1000
    frames = [_frame(start + 1000 * second) for second in range(60)]
    samples: list[list[object]] = []
    for fed in range(0, ticks + 1, ticks // SAMPLES):
        if fed:
            begin = start + 1000 * (fed - ticks // SAMPLES)
            page.evaluate(_FEED, [frames, begin, ticks // SAMPLES])
        session.send("HeapProfiler.collectGarbage")
        found = _metrics(session)
        samples.append([fed, found["JSHeapUsedSize"] / 1e6, int(found["Nodes"])])
    return samples


def _frame(milliseconds: int) -> str:
    """What the server sends for one tick, with @ where its time is to stand."""
    tick = {name: json.loads(payload) for name, payload in encoded(everything(milliseconds, CORES)).items()}
    data = {name: reading | {"timestamp": "@"} for name, reading in tick.items()}
    return json.dumps({"type": "metrics", "timestamp": "@", "host": "big", "data": data})


def _metrics(session: CDPSession) -> dict[str, float]:
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


if __name__ == "__main__":
    main()
