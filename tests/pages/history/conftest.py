"""A dashboard that has a past, and a browser that is logged in to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.pages.history import past
from tests.pages.history.opener import Opener
from tests.servers import Mosquitto
from tests.stack import Dashboard


@pytest.fixture(scope="package")
def opener(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    folder = Path(tmp_path_factory.mktemp("past"))
    now = time.time_ns() // 1_000_000
    past.fill(folder, now)
    with Mosquitto(folder) as broker, Dashboard(folder, broker.url) as server:
        opener = Opener(browser, server.url, now)
        yield opener
        opener.close()


@pytest.fixture
def opened(opener: Opener) -> Iterator[Opener]:
    yield opener
    opener.tidy()
