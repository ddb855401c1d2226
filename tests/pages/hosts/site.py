"""A dashboard and its hosts, and what the Hosts page shows of them."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.pages.conftest import log_in, settled
from tests.servers import Mosquitto
from tests.stack import Dashboard


class Site:
    """A dashboard, and the broker that its hosts speak to."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.dashboard = Dashboard(folder, broker.url)
        self.broker = broker
        self.url = self.dashboard.url

    def open(self, page: Page, path: str = "/hosts") -> None:
        page.goto(f"{self.url}{path}")
        if "/login" in page.url:
            log_in(page)
            expect(page).not_to_have_url(re.compile("/login"))
        expect(page.get_by_test_id("connection-state")).to_have_text("Connected")
        settled(page)


def card(page: Page, host: str) -> Locator:
    return page.locator(f'[data-testid="host-card"][data-host="{host}"]')


def figure(page: Page, host: str, name: str) -> Locator:
    return card(page, host).locator(f'[data-figure="{name}"] .value')


def expect_order(page: Page, *names: str) -> None:
    expect(page.get_by_test_id("host-card").locator("h2")).to_have_text(list(names))


def rows(page: Page) -> Locator:
    return page.get_by_test_id("host-row").locator("th")
