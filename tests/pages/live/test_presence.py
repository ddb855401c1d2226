"""The Live page of hosts that are slow, gone or unknown, and without a broker."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from perfwatch.readings.codec import now, to_ms
from tests.collector.listener import Listener
from tests.pages.conftest import keep, log_in, settled, violations
from tests.pages.feed import Feed, encoded, publish
from tests.pages.live.opener import open_host
from tests.pages.machines import everything, info
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard

pytestmark = pytest.mark.browser


def test_the_page_asks_for_readings_each_second_and_shows_them(
    context: BrowserContext, dashboard: Dashboard, broker: Mosquitto
) -> None:
    facts = json.loads(info("far", 1)) | {"interval": 3600}
    publish(broker, "far", {"info": json.dumps(facts).encode(), **encoded(everything(to_ms(now()), 1))})
    page = context.new_page()
    with Listener(broker.port) as listener:
        cards = open_host(page, dashboard, "far")
        first = cards.get_attribute("data-timestamp")
        listener.wait_for("perfwatch/far/watch", b"")
    for _ in range(2):
        publish(broker, "far/watch", encoded({"cpu": everything(to_ms(now()), 1)["cpu"]}))
    expect(cards).not_to_have_attribute("data-timestamp", str(first))


def test_a_host_that_nobody_heard_of_is_said_to_be_so(context: BrowserContext, dashboard: Dashboard) -> None:
    page = context.new_page()
    page.goto(f"{dashboard.url}/live?host=nowhere")
    expect(page.get_by_test_id("notice")).to_contain_text("There is no host called nowhere")
    settled(page)
    page.get_by_test_id("host-choice").select_option("big")
    expect(page.get_by_test_id("cards")).to_have_attribute("data-timestamp", re.compile("T"))
    expect(page.get_by_test_id("notice")).to_be_hidden()


def test_a_host_that_goes_is_said_to_be_offline_and_since_when(
    context: BrowserContext, dashboard: Dashboard, broker: Mosquitto
) -> None:
    publish(broker, "leaving", {"info": info("leaving", 1)})
    page = context.new_page()
    with Feed(broker, "leaving", lambda time: encoded(everything(time, 1))):
        open_host(page, dashboard, "leaving")
    publish(broker, "leaving", {"status": b"offline"})
    notice = page.get_by_test_id("notice")
    expect(notice).to_have_text(re.compile(r"leaving is offline since \d\d:\d\d:\d\d"))
    expect(page.get_by_test_id("live")).to_have_class(re.compile("stale"))
    keep(page, "live-offline")
    assert violations(page) == []


def test_a_broker_that_goes_is_named(browser: Browser, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Dashboard(tmp_path, broker.url) as server:
        publish(broker, "one", {"info": info("one", 1)})
        wait_until(lambda: "Following" in server.output(), "the dashboard follows the broker")
        page = browser.new_page()
        page.goto(f"{server.url}/live?host=one")
        log_in(page)
        with Feed(broker, "one", lambda time: encoded(everything(time, 1))):
            expect(page.get_by_test_id("cards")).to_have_attribute("data-timestamp", re.compile("T"))
            broker.kill()
        notice = page.get_by_test_id("notice")
        expect(notice).to_have_text(re.compile("lost the broker: .*Check that Mosquitto"), timeout=40_000)
        keep(page, "live-broker-away")
        page.close()
