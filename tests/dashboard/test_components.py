"""What of the components needs a browser, or is held against Python; the rest is in tests/components/."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from dashboard.history.labels import METRICS
from tests.dashboard.modules import ask, served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served() as page:
        yield page


def test_a_metric_has_one_name_on_all_pages_and_is_explained(page: Page) -> None:
    names = ask(page, "common/metrics.js", "given.map(m.metricName)", list(METRICS))
    assert dict(zip(METRICS, names, strict=True)) == METRICS
    assert all(ask(page, "common/metrics.js", "given.map(m.metricHelp)", list(METRICS)))
    assert ask(page, "common/metrics.js", "[m.metricName('solar_roof'), m.metricHelp('solar_roof')]") == [
        "Solar roof",
        "",
    ]


def test_a_device_that_is_shown_before_its_first_reading_gets_its_past_with_it(page: Page) -> None:
    page.goto(page.url.replace("icon.svg", "hosts/hosts.html"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    ask(page, "hosts/device.js", "(window.card = new m.DeviceCard(window.esp = new m.Device('esp'))).draw()")
    assert not [url for url in asked if "/api/" in url]
    with page.expect_request("**/api/history/metrics/types"):
        page.evaluate(
            "esp.receive({ timestamp: '2026-11-25T12:00Z', data: { pool: { celsius: 20 } } }), card.draw()"
        )
