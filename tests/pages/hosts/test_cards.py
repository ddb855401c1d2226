"""The cards of the Hosts page: several machines and devices, as a person meets them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, WebSocketRoute, expect

from tests.dashboard.live.sockets import publish
from tests.pages.conftest import Watched, choose_theme, fits_sideways, keep, violations
from tests.pages.fleet import device, presence, tick
from tests.pages.hosts.site import Site, card, expect_order, figure
from tests.servers import Mosquitto, wait_until

pytestmark = pytest.mark.browser


def test_every_host_is_there_with_its_numbers_and_the_minutes_before(watched: Watched, site: Site) -> None:
    page = watched.page
    site.open(page, "/")
    expect(page).to_have_url(f"{site.url}/hosts")
    expect(page.get_by_test_id("summary")).to_have_text("4 hosts, 3 online, 3 need a look")
    expect_order(page, "db1", "nas", "old", "web1")
    written = {
        "cpu": "12.0 %",
        "memory": "40.0 %",
        "disk": "50.0 %",
        "down": "2.00 MB/s",
        "temperature": "45 °C",
    }
    for name, text in written.items():
        expect(figure(page, "web1", name)).to_have_text(text)
    expect(card(page, "nas")).to_contain_text("/srv nearly full")
    # Four minutes of history are four fifths of the sparkline's width, which is 100.
    line = card(page, "web1").locator('[data-figure="cpu"] .line')
    wait_until(lambda: 70 < line.evaluate("(path) => path.getBBox().width") < 100, "history is drawn")
    keep(page, "hosts-desktop")
    assert watched.complaints == []
    assert watched.foreign(site.url) == []


def test_a_reading_changes_the_card_and_a_host_comes_and_goes_by_itself(watched: Watched, site: Site) -> None:
    page = watched.page
    site.open(page)
    expect(figure(page, "web1", "cpu")).to_have_text(re.compile(r"\d"))
    publish(site.broker, *tick("web1", 77.7, celsius=86))
    expect(figure(page, "web1", "cpu")).to_have_text("77.7 %")
    expect(card(page, "web1")).to_have_attribute("data-state", "trouble")
    publish(site.broker, *tick("web1", 12))
    expect(card(page, "web1")).to_have_attribute("data-state", "online")
    publish(site.broker, *presence("web1", "offline"))
    expect(card(page, "web1")).to_contain_text(re.compile(r"Offline since \d\d:\d\d"))
    publish(site.broker, *presence("web1", "online", os="Alpine 3.20"))
    expect(card(page, "web1")).to_contain_text("Online")


def test_an_offline_host_says_since_when(watched: Watched, site: Site) -> None:
    site.open(watched.page)
    expect(card(watched.page, "old")).to_contain_text(re.compile(r"Offline since (\d+ \w+, )?\d\d:\d\d"))
    expect(figure(watched.page, "old", "cpu")).to_have_text("50.0 %")


def test_devices_are_shown_below_with_whatever_they_publish(watched: Watched, site: Site) -> None:
    page = watched.page
    site.open(page)
    greenhouse = page.get_by_test_id("device-card").filter(has_text="greenhouse")
    expect(greenhouse).to_contain_text("Temperature21.5 °C")
    expect(greenhouse).to_contain_text("Soil: moisture34.0 %")
    publish(site.broker, *device("greenhouse", "temperature", celsius=22.25))
    expect(greenhouse).to_contain_text("Temperature22.3 °C")
    expect(greenhouse).to_contain_text("Soil: moisture34.0 %")
    greenhouse.scroll_into_view_if_needed()
    keep(page, "hosts-devices")


def test_a_card_leads_to_live_and_to_history(watched: Watched, site: Site) -> None:
    page = watched.page
    site.open(page)
    expect(card(page, "nas").get_by_role("link", name="History of nas")).to_have_attribute(
        "href", re.compile(r"^/history\?host=nas&")
    )
    card(page, "nas").click()  # anywhere on it
    expect(page).to_have_url(f"{site.url}/live?host=nas")
    expect(page.get_by_test_id("cpu-usage")).to_have_text(re.compile("35"))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_page_can_be_used_by_everybody(context: BrowserContext, site: Site, theme: str) -> None:
    choose_theme(context, theme)
    page = context.new_page()
    site.open(page)
    expect(page.get_by_test_id("device-card")).to_have_count(1)
    expect(figure(page, "nas", "cpu")).to_have_text(re.compile(r"\d"))
    keep(page, f"hosts-{theme}")
    assert violations(page) == []


def test_nothing_moves_when_the_hosts_arrive(watched: Watched, site: Site) -> None:
    page, held = watched.page, list[tuple[WebSocketRoute, str | bytes]]()

    def hold(socket: WebSocketRoute) -> None:
        socket.connect_to_server().on_message(lambda message: held.append((socket, message)))

    page.route_web_socket("**/api/ws/metrics?*", hold)
    site.open(page)
    awaited = page.locator(".ghost").first.bounding_box()
    wait_until(lambda: page.evaluate("() => true") and bool(held), "the hosts are on their way")
    for socket, message in held:
        socket.send(message)
    expect(page.get_by_test_id("host-card")).to_have_count(4)
    assert page.get_by_test_id("host-card").first.bounding_box() == awaited


def test_a_phone_has_one_column_and_every_page_in_reach(phone: BrowserContext, site: Site) -> None:
    page = phone.new_page()
    site.open(page)
    expect(figure(page, "nas", "cpu")).to_have_text(re.compile(r"\d"))
    places = [box["x"] for one in page.get_by_test_id("host-card").all() if (box := one.bounding_box())]
    assert len(set(places)) == 1
    assert fits_sideways(page)
    keep(page, "hosts-phone")
    assert violations(page) == []
    links = page.get_by_test_id("stPageLink-NavLink")
    links.filter(has_text="Live").tap()
    expect(page).to_have_url(re.compile("/live"))
    expect(page.get_by_test_id("cpu-usage")).to_have_text(re.compile(r"\d"))
    links.filter(has_text="Hosts").tap()
    expect(page).to_have_url(re.compile("/hosts"))
    expect(page.get_by_test_id("host-card")).to_have_count(4)


def test_the_page_says_what_is_missing_from_the_first_host_to_a_lost_server(
    browser: Browser, tmp_path: Path
) -> None:
    with Mosquitto(tmp_path) as broker:
        site = Site(tmp_path, broker)
        page = browser.new_page()
        with site.dashboard:
            site.open(page)
            notice = page.get_by_test_id("notice")
            expect(notice).to_contain_text("start one with “perfwatch collector”")
            keep(page, "hosts-none")
            publish(broker, *presence("only", "online", interval=0.5), *tick("only", 10))
            expect(figure(page, "only", "cpu")).to_have_text("10.0 %")
            expect(notice).to_be_hidden()
            page.goto(site.url)
            expect(page).to_have_url(re.compile("/live"))
            site.open(page)
            broker.stop()
            expect(card(page, "only")).to_contain_text("No reading for")
            expect(notice).to_contain_text("not connected to")
            keep(page, "hosts-broker-away")
        expect(page.get_by_test_id("connection-state")).not_to_have_text("Connected")
        expect(page.get_by_test_id("retry")).to_be_visible()
        keep(page, "hosts-reconnecting")
        page.close()
