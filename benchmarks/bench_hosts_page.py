"""The Hosts page in a browser, while a thousand hosts publish: how soon it is there, and what it costs.

    python -m benchmarks.bench_hosts_page [--hosts 1000] [--seconds 20] [--loads 5] [--checkout FOLDER …]

Each host publishes six metrics every 5 s. The first card is timed from the navigation until its CPU is in
the document, logged in and with a warm cache. Nodes are those of the whole page, text and shadow trees among
them, after a collection. The main thread's share is processor time. Bytes are those of the socket's messages
before compression. `--checkout` measures another checkout's page too, in the same run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.bench_dashboard import log_in_page, metrics
from benchmarks.bench_thousand_hosts import known, publishing, started
from benchmarks.process import processor_seconds
from benchmarks.table import percentile, print_table
from tests.browser import chromium
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, Person

_HERE = Path(__file__).parents[1]
VIEWS = {"cards": "", "groups": "?group=room", "table": "?view=table"}
# Notes when the first card or row has a number: after its frame, in ms from the navigation.
_WATCH = """
const seen = (root) => [...root.querySelectorAll('[data-figure="cpu"] b, [data-testid="host-row"] .number')]
  .some((one) => /\\d/.test(one.textContent));
const look = () => {
  const roots = [...document.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot).filter(Boolean);
  if (roots.some(seen)) window.firstDrawn = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20, help="how long each view is watched")
    parser.add_argument("--loads", type=int, default=5, help="how often each is opened")
    parser.add_argument("--checkout", type=Path, action="append", default=[], help="another one to measure")
    chosen = parser.parse_args()
    rows: list[Sequence[object]] = []
    for checkout in chosen.checkout:
        rows += measured(checkout, {"cards": ""}, chosen)
    rows += measured(_HERE, VIEWS, chosen)
    head = ("", "view", "first s", "slowest s", "nodes", "main thread %", "kB/s", "server % of a core")
    print_table(f"The Hosts page and {chosen.hosts} hosts at 5 s", head, rows)


def measured(checkout: Path, views: dict[str, str], chosen: argparse.Namespace) -> list[Sequence[object]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder))
        server = stack.enter_context(started(checkout, folder, broker.url))
        fleet = stack.enter_context(publishing(broker.port, chosen.hosts, 86_400))
        stack.callback(fleet.terminate)
        person = Person(server.url)
        wait_until(lambda: known(person) == chosen.hosts, "the dashboard knows every host")
        browser = stack.enter_context(chromium())
        found = [view(browser, server, path, chosen) for path in views.values()]
        return [(checkout.resolve().name, name, *numbers) for name, numbers in zip(views, found, strict=True)]


def view(browser: Browser, server: Dashboard, path: str, chosen: argparse.Namespace) -> tuple[float, ...]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(_WATCH)
    log_in_page(page, server)
    first = [load(page, f"{server.url}/hosts{path}") for _ in range(chosen.loads + 1)][1:]
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.reload()
    received = count_received(session)
    page.get_by_test_id("logout").wait_for(timeout=60_000)
    page.wait_for_timeout(5000)  # what opening costs is not what watching costs
    busy, bytes_a_second, server_busy = watch(page, session, server, received, chosen.seconds)
    session.send("HeapProfiler.collectGarbage")
    nodes = round(metrics(session)["Nodes"])
    context.close()
    return percentile(first, 0.5), max(first), nodes, busy, bytes_a_second / 1000, server_busy


def load(page: Page, address: str) -> float:
    """Seconds from the navigation until the first card has its number."""
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.firstDrawn", polling=100, timeout=60_000)
    return float(page.evaluate("() => window.firstDrawn")) / 1000


def count_received(session: CDPSession) -> list[int]:
    """The sizes of the socket's messages, as they come from now on."""
    sizes: list[int] = []

    def note(event: dict[str, Any]) -> None:
        sizes.append(len(event["response"]["payloadData"]))

    session.on("Network.webSocketFrameReceived", note)
    session.send("Network.enable")
    return sizes


def watch(
    page: Page, session: CDPSession, server: Dashboard, received: list[int], seconds: int
) -> tuple[float, float, float]:
    """The main thread's share in %, bytes/s, and the server's share of a core in %."""
    assert server.process is not None
    before, spent = metrics(session), processor_seconds(server.process.pid)
    size, began = sum(received), time.monotonic()
    page.wait_for_timeout(1000 * seconds)
    passed = time.monotonic() - began
    worked = metrics(session)["TaskDuration"] - before["TaskDuration"]
    served = processor_seconds(server.process.pid) - spent
    return 100 * worked / passed, (sum(received) - size) / passed, 100 * served / passed


if __name__ == "__main__":
    main()
