"""The Live page of one host, and what the hosts of its tests lack."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.pages.conftest import DESKTOP, settled
from tests.stack import Dashboard

CORES = 128
NO_PERF = "perf may not count here: kernel.perf_event_paranoid is 4"
NO_GPU = "no NVIDIA driver, and no AMD card under /sys/class/drm"


def open_host(page: Page, dashboard: Dashboard, host: str) -> Locator:
    """The Live page of that host as soon as it has drawn a reading; returns its cards."""
    page.goto(f"{dashboard.url}/live?host={host}")
    cards = page.get_by_test_id("cards")
    expect(cards).to_have_attribute("data-timestamp", re.compile("T"))
    settled(page)
    return cards


def show_all(page: Page) -> None:
    """Make the window as high as the page, so that every card is in sight."""
    height = page.get_by_test_id("live").evaluate("(live) => live.scrollHeight") + 160
    page.set_viewport_size({"width": (page.viewport_size or DESKTOP)["width"], "height": height})
    for chart in page.locator(".card .chart:visible").all():
        expect(chart.locator("canvas")).to_be_visible()
