"""A dashboard beside a real alerts service, and hosts whose readings fire its rules."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.dashboard.live.sockets import publish
from tests.pages.conftest import log_in, settled
from tests.pages.fleet import device, presence, remember, tick
from tests.servers import Mosquitto, wait_until
from tests.stack import PASSWORD, Dashboard, Person, Service

RULES = """
[rules.disk-full]
for = 0
[rules.cpu]
statistic = "last"
window = 0
at_least = 90
"""


class House:
    """A dashboard, an alerts service, and hosts that are published when asked."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.broker = broker
        self.dashboard = Dashboard(folder, broker.url)
        self.alerts = Service(["alerts"], folder, broker=broker.url, data_dir=str(folder), alerts_every="1s")
        self.url = self.dashboard.url

    def open(self, page: Page, path: str = "/alerts", username: str = "admin") -> None:
        page.goto(f"{self.url}{path}")
        if "/login" in page.url:
            log_in(page, username=username)
            expect(page).not_to_have_url(re.compile("/login"))
        settled(page)

    def feed(self, ended: threading.Event) -> None:
        """Readings, again and again: what was switched on is judged by the next."""
        while not ended.wait(1):
            publish(self.broker, *tick("nas", 20, disk=93.4), *tick("pi", 97), *tick("desk", 12))


@contextmanager
def firing(folder: Path) -> Iterator[House]:
    """Two rules fire, and a viewer called eve may look at them."""
    (folder / "alerts.toml").write_text(RULES)
    remember(f"sqlite:///{folder}/history.db", "pi", cpu=97)
    with Mosquitto(folder) as broker:
        house = House(folder, broker)
        with house.alerts, house.dashboard:
            for host in ("nas", "pi", "desk"):
                publish(broker, *presence(host, "online"))
            publish(broker, *device("freezer", "climate", temperature_celsius=-18))
            ended = threading.Event()
            feed = threading.Thread(target=house.feed, args=(ended,))
            feed.start()
            try:
                admin = Person(house.url)
                admin.post("/api/users", {"username": "eve", "password": PASSWORD, "role": "viewer"})
                wait_until(lambda: admin.get("/api/alerts").json()["firing"] == 2, "two rules fire")
                yield house
            finally:
                ended.set()
                feed.join()
