"""The pictures in docs/images, taken anew: `python -m tests.pages.pictures`.

It takes 8 minutes of a calm machine, a real `perfwatch up`, and a fleet whose readings are made up.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect

from perfwatch.history.flatten import Flattener
from perfwatch.history.open import open_store
from perfwatch.readings.codec import encode, now, to_ms
from tests.browser import chromium
from tests.dashboard.live.sockets import publish
from tests.pages.alerting import firing
from tests.pages.conftest import DESKTOP, PHONE, ROOT, log_in, settled
from tests.pages.feed import publish as publish_of
from tests.pages.fleet import device, presence, readings
from tests.pages.machines import everything, info
from tests.servers import Mosquitto, wait_until
from tests.stack import PASSWORD, Dashboard, Stack

IMAGES = ROOT / "docs" / "images"
TALL = ViewportSize(width=1440, height=1010)
GATHERED = timedelta(minutes=7)

ROOMS = {"nas": "cellar", "pi-kitchen": "kitchen"}

# Name, system; CPU, memory, fullest disk, bytes received a second, warmest sensor.
FLEET = {
    "build": ("Ubuntu 24.04.1 LTS", 87.0, 29.5, 59.0, 7e5, 89.0),
    "db1": ("Fedora Linux 41", 93.5, 89.8, 23.4, 4e6, 37.0),
    "nas": ("Debian GNU/Linux 13", 58.0, 66.0, 93.4, 3e5, 46.0),
    "pi-kitchen": ("Raspberry Pi OS 12", 10.2, 70.7, 65.8, 3.1e5, 44.0),
    "web1": ("Ubuntu 24.04.1 LTS", 13.4, 26.2, 43.8, 6.4e3, 43.0),
    "web2": ("Alpine 3.20", 36.7, 64.4, 67.7, 2.8e6, 63.0),
}


def fleet(moment: datetime) -> Iterator[tuple[str, str, bytes]]:
    """A reading of each metric of each host, as host, metric, payload."""
    for place, (host, (_, cpu, memory, disk, network, celsius)) in enumerate(FLEET.items()):
        phase = moment.timestamp() / 37 + place
        wave = math.sin(phase) + 0.4 * math.sin(5.3 * phase)
        told = readings(
            moment,
            round(min(98.0, cpu + 4 * wave), 1),
            round(memory + 0.3 * wave, 1),
            disk,
            network * (1.3 + wave / 2),
            round(celsius + wave, 1),
        )
        for metric, reading in told.items():
            yield host, metric, encode(reading)


def hosts(folder: Path, browser: Browser) -> None:
    """The Hosts page of a fleet with five minutes of history."""
    store, newest = open_store(f"sqlite:///{folder}/history.db"), now()
    for seconds in range(300, 0, -5):
        store.write(
            Flattener(f"perfwatch/{host}/{metric}", host, metric).flatten(payload)
            for host, metric, payload in fleet(newest - timedelta(seconds=seconds))
        )
    store.close()
    with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as dashboard:
        wait_until(lambda: "Following" in dashboard.output(), "the dashboard follows the broker")
        for host, (system, *_) in FLEET.items():
            tags = {"room": ROOMS.get(host, "office")}
            publish(broker, *presence(host, "online", os=system, tags=tags))
        page = browser.new_page(viewport=ViewportSize(width=1280, height=840))
        enter(page, dashboard.url, "/hosts?sort=status")
        for _ in range(3):
            publish(
                broker,
                *((f"perfwatch/{host}/{metric}", payload) for host, metric, payload in fleet(now())),
                *device("esp-greenhouse", "soil", moisture_percent=34.5, battery_volts=3.71),
                *device("power-meter", "power", watts=324, energy_kwh=10482),
            )
            page.wait_for_timeout(1000)
        shoot(page, "hosts")
        page.goto(f"{dashboard.url}/hosts?view=table&group=room")
        settled(page)
        page.wait_for_timeout(3000)
        page.set_viewport_size(ViewportSize(width=1280, height=560))
        shoot(page, "hosts-table")
        phone = on_a_phone(browser)
        enter(phone, dashboard.url, "/hosts?view=table&group=room")
        shoot(phone, "hosts-table-phone")


def night(folder: Path, browser: Browser) -> None:
    """All there is to read of one host, over a day."""
    store, newest = open_store(f"sqlite:///{folder}/history.db"), to_ms(now())
    for minutes in range(24 * 60, 0, -1):
        store.write(
            Flattener(f"perfwatch/nas/{metric}", "nas", metric).flatten(encode(reading))
            for metric, reading in everything(newest - minutes * 60_000, 4).items()
        )
    store.close()
    with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as dashboard:
        wait_until(lambda: "Following" in dashboard.output(), "the dashboard follows the broker")
        told = {metric: encode(reading) for metric, reading in everything(to_ms(now()), 4).items()}
        publish_of(broker, "nas", {"status": b"online", "info": info("nas", 4), **told})
        page, phone = browser.new_page(viewport=TALL), on_a_phone(browser)
        for one, name in ((page, "live-range"), (phone, "live-range-phone")):
            enter(one, dashboard.url, "/live?host=nas&range=24h")
            shoot(one, name)


def alerts(folder: Path, browser: Browser) -> None:
    """Two rules fire, one of them is acknowledged, and a host is gone."""
    with firing(folder) as house:
        page, phone = browser.new_page(viewport=ViewportSize(width=1280, height=640)), on_a_phone(browser)
        house.open(page)
        page.get_by_test_id("alert-nas-disk-full").get_by_role("button", name="Acknowledge").click()
        publish(house.broker, ("perfwatch/desk/status", b"offline"))
        expect(page.get_by_test_id("alert-desk-offline")).to_be_visible(timeout=180_000)
        shoot(page, "alerts")
        house.open(phone)
        shoot(phone, "alerts-phone")


def machine(folder: Path, browser: Browser) -> None:
    """The other pages, of this machine."""
    with Stack(folder, "--interval", "1s", "--host", "nas", admin_password=PASSWORD) as stack:
        time.sleep(GATHERED.total_seconds())  # a picture wants its five minutes
        page = browser.new_page(viewport=TALL)
        enter(page, stack.url, "/live")
        shoot(page, "live")
        page.set_viewport_size(DESKTOP)
        since = now() - timedelta(minutes=5)
        history = f"/history?range=custom&from={shown(since)}&to={shown(now())}&metric=cpu&field=user"
        earlier = shown(since - timedelta(minutes=2))
        for path, name in (
            (f"{history}&field=system", "history"),
            (f"{history}&compare={earlier}", "history-compare"),
            ("/settings?section=hosts", "settings"),
        ):
            page.goto(f"{stack.url}{path}")
            settled(page)
            page.wait_for_timeout(3000)
            shoot(page, name)
        enter(phone := on_a_phone(browser), stack.url, "/live")
        shoot(phone, "live-phone")


def on_a_phone(browser: Browser) -> Page:
    small = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    return small.new_page()


def shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def enter(page: Page, url: str, path: str) -> None:
    page.goto(f"{url}{path}")
    log_in(page)
    expect(page.get_by_test_id("connection-state")).to_have_text("Connected")
    settled(page)
    page.wait_for_timeout(3000)


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png")
    sys.stdout.write(f"docs/images/{name}.png\n")


if __name__ == "__main__":
    with chromium() as browser:
        for take in (hosts, night, alerts, machine):
            with tempfile.TemporaryDirectory() as place:
                take(Path(place), browser)
