"""Pages of somebody's own, in a real browser: the examples, and what goes wrong in one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from perfwatch.history.open import open_store
from perfwatch.history.store import Point
from perfwatch.readings.codec import now, to_ms
from tests.dashboard.live.sockets import publish
from tests.pages.conftest import DESKTOP, PHONE, ROOT, Watched, fits_sideways, keep, log_in
from tests.pages.fleet import device, presence, remember, tick
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard

pytestmark = pytest.mark.browser
HOUR, DAYS = 3_600_000, 5
PLUGS = {"washer": 0.5, "fridge": 0.1, "desk": 0.05}
HOSTS = {"nas": 35, "pi": 12, "router": 4, "tower": 71}


class House:
    """A dashboard with the example pages, hosts, and plugs that have counted for days."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.pages = Path(shutil.copytree(ROOT / "examples" / "pages", folder / "pages"))
        self.broker = broker
        self._remember(f"sqlite:///{folder}/history.db")
        self.dashboard = Dashboard(folder, broker.url)

    def _remember(self, url: str) -> None:
        end = to_ms(now()) // HOUR * HOUR
        hours = range(end - DAYS * 24 * HOUR, end + 1, HOUR)
        store = open_store(url)
        for plug, kwh in PLUGS.items():
            counted = ((hour, kwh * (hour - hours[0]) / HOUR) for hour in hours)
            store.write([Point("zigbee", plug, "", "", hour, {"energy_kwh": sum_}) for hour, sum_ in counted])
        store.close()
        for host, cpu in HOSTS.items():
            remember(url, host, cpu)

    def publish(self) -> None:
        for host, cpu in HOSTS.items():
            publish(self.broker, *presence(host, "offline" if host == "tower" else "online"))
            publish(self.broker, *tick(host, cpu))
        for place, plug in enumerate(PLUGS):
            publish(self.broker, *device(plug, "zigbee", power_watts=40 + place, energy_kwh=9))

    def open(self, page: Page, path: str) -> None:
        page.goto(f"{self.dashboard.url}{path}")
        if "/login" in page.url:
            log_in(page)
            expect(page).not_to_have_url(re.compile("/login"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = Path(tmp_path_factory.mktemp("house"))
    with Mosquitto(folder) as broker:
        house = House(folder, broker)
        with house.dashboard:
            wait_until(lambda: "Following" in house.dashboard.output(), "the dashboard follows the broker")
            house.publish()
            yield house


def chart(page: Page, title: str) -> Locator:
    return page.get_by_test_id("live-chart").filter(has=page.get_by_role("heading", name=title, exact=True))


def keep_both(page: Page, name: str) -> None:
    keep(page, f"{name}-1440", full_page=True)
    page.set_viewport_size(PHONE)
    assert fits_sideways(page)
    keep(page, f"{name}-390", full_page=True)
    page.set_viewport_size(DESKTOP)


def test_the_example_of_power_costs_multiplies_what_the_history_has(watched: Watched, house: House) -> None:
    page = watched.page
    house.open(page, "/page-power-costs")
    # 5 days of 24 hours at 0.65 kWh, for 0.32 each.
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("24.96")
    expect(page.get_by_test_id("stMetricValue").nth(1)).to_have_text("washer")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(chart(page, "washer").locator(".now")).to_have_text("40.0W")
    keep_both(page, "own-power-costs")
    page.get_by_label("Price of a kWh").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("78.00")
    # Streamlit's own, of any bars that are not numbers.
    assert [one for one in watched.complaints if "Scale bindings" not in one] == []
    assert watched.foreign(house.dashboard.url) == []


def test_the_example_of_a_wall_follows_every_host_without_a_rerun(watched: Watched, house: House) -> None:
    page = watched.page
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    house.open(page, "/page-wall-display")
    expect(page.get_by_text("3 of 4 hosts online")).to_be_visible()
    expect(chart(page, "nas").locator(".now")).to_have_text("35.0%")
    expect(chart(page, "tower").get_by_role("status")).to_have_text(re.compile("^Offline: no reading since"))
    expect(chart(page, "nas")).to_have_attribute("data-state", "live")
    keep_both(page, "own-wall-display")
    page.evaluate("window.__kept = true")
    publish(house.broker, *tick("nas", 88))
    expect(chart(page, "nas").locator(".now")).to_have_text("88.0%")
    assert page.evaluate("window.__kept")
    live = [url for url in sockets if "/api/ws/metrics" in url]
    assert "hosts=nas%2Cpi%2Crouter%2Ctower" in live[-1]
    assert watched.complaints == []


def test_pages_come_and_go_and_what_is_wrong_in_one_stays_there(watched: Watched, house: House) -> None:
    page = watched.page
    broken = house.pages / "broken.py"
    broken.write_text("import streamlit as st\n\nst.write('before')\n1 / 0\n")
    house.open(page, "/page-broken")
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("broken.py, line 4: ZeroDivisionError: division by zero")
    expect(page.get_by_text("before")).to_be_visible()
    broken.chmod(0o666)
    page.reload()
    expect(alert).to_contain_text("others may write to it")
    broken.unlink()
    page.get_by_role("link", name="Wall display").first.click()
    expect(chart(page, "nas")).to_be_visible()
    expect(page.get_by_role("link", name="Broken")).to_have_count(0)
    answer = page.goto(f"{house.dashboard.url}/page-broken")
    assert answer is not None
    assert answer.status == 404
