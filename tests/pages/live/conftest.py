"""A dashboard with three hosts that publish, and a browser that is logged in to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from perfwatch.history.open import open_store
from perfwatch.readings.codec import now, to_ms
from tests.pages.conftest import DESKTOP, PHONE, log_in
from tests.pages.feed import Feed, encoded, publish, remember
from tests.pages.live.opener import CORES, NO_GPU, NO_PERF
from tests.pages.machines import device, everything, info
from tests.servers import Mosquitto
from tests.stack import Dashboard

FIVE_MINUTES = 300_000


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(Path(tmp_path_factory.mktemp("mosquitto"))) as broker:
        yield broker


@pytest.fixture(scope="package")
def dashboard(broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard whose history knows the last five minutes of `big`, and three hosts that publish."""
    folder = Path(tmp_path_factory.mktemp("dashboard"))
    store = open_store(f"sqlite:///{folder / 'history.db'}")
    moment = to_ms(now())
    remember(store, "big", range(moment - FIVE_MINUTES, moment, 4000), CORES)
    store.close()
    publish(broker, "big", {"info": info("big", CORES)})
    publish(broker, "small", {"info": info("small", 2, {"perf_events": NO_PERF, "gpu": NO_GPU})})
    with (
        Dashboard(folder, broker.url) as server,
        Feed(broker, "big", lambda time: encoded(everything(time, CORES))),
        Feed(broker, "small", lambda time: encoded(everything(time, 2), without=("perf_events", "gpu"))),
        Feed(broker, "roof", device),
    ):
        yield server


@pytest.fixture(scope="package")
def session(browser: Browser, dashboard: Dashboard) -> Any:
    """A browser's state once it has logged in: each test need not do it again."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{dashboard.url}/login")
    log_in(page)
    expect(page).not_to_have_url(re.compile("/login"))
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(browser: Browser, session: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESKTOP, storage_state=session)
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser, session: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True, storage_state=session
    )
    yield context
    context.close()
