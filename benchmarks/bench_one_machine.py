"""The one-machine run: from a reading to the screen, what each process costs, how fast a page opens.

    python -m benchmarks.bench_one_machine [--seconds 60] [--ticks 60]

Starts `perfwatch up` twice with a data folder and ports of its own: at 5 s for cost and page loads,
at 1 s for latency. Latency is measured inside the browser, from the reading's timestamp (taken by the
collector before it reads anything) to the DOM change that shows it; both clocks are this machine's.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.process import processor_seconds, proportional_megabytes
from benchmarks.table import percentile, print_table
from tests.browser import chromium
from tests.stack import PASSWORD, Stack

SERVICES = ("mosquitto", "collector", "bridge", "dashboard", "alerts", "devices")
_SETTLING_SECONDS = 20
_OPTIONS = ("--devices", "zigbee2mqtt", "--interval")

# Notes the time of each change of the reading shown, in the page itself.
_WATCH = """
(root) => {
  window.seen = [];
  new MutationObserver(() => {
    window.seen.push(Date.now() - Date.parse(root.dataset.timestamp));
  }).observe(root, { attributes: true, attributeFilter: ["data-timestamp"] });
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long cost is measured")
    parser.add_argument("--ticks", type=int, default=60, help="how many readings latency is measured over")
    chosen = parser.parse_args()
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        with Stack(Path(folder), *_OPTIONS, "5", admin_password=PASSWORD) as stack:
            time.sleep(_SETTLING_SECONDS)
            fresh = memory(stack)
            loads = [load_times(browser, stack) for _ in range(5)]
            print_loads(loads)
            print_cost(stack, browser, chosen.seconds, fresh)
        with Stack(Path(folder), *_OPTIONS, "1", admin_password=PASSWORD) as stack:
            print_latency(latencies(browser, stack, chosen.ticks))


def log_in(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/login")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile("/live"))


def shown(page: Page) -> Any:
    """The Live page's root, once it shows a reading."""
    root = page.locator("[data-timestamp]").first
    root.wait_for(state="attached", timeout=30_000)
    return root


def load_times(browser: Browser, stack: Stack) -> tuple[float, float]:
    """Seconds from opening the Live page to its first reading: with an empty cache, and again."""
    context = browser.new_context()
    page = context.new_page()
    log_in_by_request(page, stack)
    times = []
    for _ in range(2):
        started = time.perf_counter()
        page.goto(f"{stack.url}/live")
        shown(page)
        times.append(time.perf_counter() - started)
        page.goto("about:blank")
    context.close()
    return times[0], times[1]


def log_in_by_request(page: Page, stack: Stack) -> None:
    answer = page.request.post(
        f"{stack.url}/api/auth/login", data={"username": "admin", "password": PASSWORD}
    )
    assert answer.ok, answer.text()


def latencies(browser: Browser, stack: Stack, ticks: int) -> list[float]:
    """Milliseconds from each reading's timestamp to the DOM that shows it."""
    page = browser.new_page(bypass_csp=True)  # waiting for a function evaluates it
    log_in(page, stack)
    shown(page).evaluate(_WATCH)
    page.wait_for_function(f"window.seen.length >= {ticks}", timeout=(ticks + 30) * 1000)
    seen: list[float] = page.evaluate("window.seen")
    page.close()
    return seen[:ticks]


def processes_of(stack: Stack) -> dict[str, int]:
    """Each process once; several services in one are `alerts+devices`."""
    children = stack.children()
    services: dict[int, list[str]] = {}
    for name in SERVICES:
        services.setdefault(children[name], []).append(name)
    assert stack.process is not None
    return {"+".join(names): pid for pid, names in services.items()} | {"up": stack.process.pid}


def memory(stack: Stack) -> dict[str, float]:
    """MB (PSS) of each process."""
    return {name: proportional_megabytes(pid) for name, pid in processes_of(stack).items()}


def print_cost(stack: Stack, browser: Browser, seconds: int, fresh: dict[str, float]) -> None:
    """`fresh` is the memory before the first visit."""
    rows: dict[str, list[object]] = {}
    processes = processes_of(stack)
    for viewers in (0, 1):
        page = browser.new_page() if viewers else None
        if page:
            log_in(page, stack)
            shown(page)
        print(f"measuring for {seconds} s at 5 s with {viewers} viewers …")
        time.sleep(5)  # what starting and logging in cost is not what watching costs
        before = {name: processor_seconds(pid) for name, pid in processes.items()}
        started = time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - started
        for name, pid in processes.items():
            share = 100 * (processor_seconds(pid) - before[name]) / passed
            rows.setdefault(name, [name]).append(share)
        if page:
            page.close()
    for name, megabytes in memory(stack).items():
        rows[name] += [fresh[name], megabytes]
    total = ["all", *(sum(float(str(row[i])) for row in rows.values()) for i in (1, 2, 3, 4))]
    print_table(
        f"Cost of each process at 5 s, over {seconds} s",
        ("process", "% of a core, nobody watching", "one watching", "MB (PSS) before visits", "after"),
        [*rows.values(), total],
    )


def print_loads(loads: list[tuple[float, float]]) -> None:
    rows = [
        (name, percentile(times, 0.5), max(times))
        for name, times in (
            ("cold cache", [load[0] for load in loads]),
            ("warm cache", [load[1] for load in loads]),
        )
    ]
    print_table(
        "Opening the Live page, to its first reading (target 2 s)", ("", "median s", "slowest s"), rows
    )


def print_latency(seen: list[float]) -> None:
    row = ("reading to browser", len(seen), percentile(seen, 0.5), percentile(seen, 0.95), max(seen))
    print_table(
        "From a reading's timestamp to the changed DOM, at 1 s (target 100 ms)",
        ("", "readings", "median ms", "p95 ms", "slowest ms"),
        [row],
    )


if __name__ == "__main__":
    main()
