"""The dashboard of the tests of the Hosts page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from perfwatch.readings.codec import now
from tests.dashboard.live.sockets import publish
from tests.pages.fleet import device, presence, remember, tick
from tests.pages.hosts.site import Site
from tests.servers import Mosquitto, wait_until


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Four hosts (one offline for three hours, two in trouble) and a device."""
    folder = Path(tmp_path_factory.mktemp("hosts"))
    remember(f"sqlite:///{folder}/history.db", "web1", cpu=20)
    with Mosquitto(folder) as broker:
        site = Site(folder, broker)
        with site.dashboard:
            wait_until(lambda: "Following" in site.dashboard.output(), "the dashboard follows the broker")
            publish(
                broker,
                *presence("web1", "online", os="Alpine 3.20"),
                *tick("web1", 12),
                *presence("db1", "online"),
                *tick("db1", 95),
                *presence("nas", "online"),
                *tick("nas", 35, disk=93.4, celsius=71),
                *presence("old", "offline"),
                *tick("old", 50, now() - timedelta(hours=3)),
                *device("greenhouse", "temperature", now() - timedelta(minutes=1), celsius=21.5),
                *device("greenhouse", "soil", moisture_percent=34),
            )
            yield site
