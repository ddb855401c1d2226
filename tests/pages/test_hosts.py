"""The Hosts page: several machines and devices, as a person meets them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocketRoute, expect

from perfwatch.readings.codec import format_time, now
from tests.dashboard.live.test_socket import publish
from tests.pages.conftest import Watched, choose_theme, fits_sideways, keep, log_in, settled, violations
from tests.pages.fleet import device, presence, remember, tick
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard

pytestmark = pytest.mark.browser


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


@pytest.fixture(scope="module")
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


def card(page: Page, host: str) -> Locator:
    return page.locator(f'[data-testid="host-card"][data-host="{host}"]')


def figure(page: Page, host: str, name: str) -> Locator:
    return card(page, host).locator(f'[data-figure="{name}"] .value')


def expect_order(page: Page, *names: str) -> None:
    expect(page.get_by_test_id("host-card").locator("h2")).to_have_text(list(names))


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


def test_sorting_and_filters_stay_in_the_address(watched: Watched, site: Site) -> None:
    page = watched.page
    site.open(page)
    expect(page.get_by_test_id("host-card")).to_have_count(4)
    page.get_by_label("Sort by").select_option("CPU")
    expect(page).to_have_url(f"{site.url}/hosts?sort=cpu")
    expect_order(page, "db1", "nas", "web1", "old")
    page.get_by_label("Sort by").select_option("Status")
    expect_order(page, "old", "db1", "nas", "web1")
    # By keys alone: from the text to the choices beside it, and on to "Online".
    page.get_by_test_id("filter").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("host-card")).to_have_count(3)
    page.get_by_test_id("filter").fill("alpine")
    expect(page).to_have_url(f"{site.url}/hosts?sort=status&show=online&q=alpine")
    expect_order(page, "web1")
    page.reload()
    settled(page)
    expect(page.get_by_test_id("host-card")).to_have_count(1)
    expect(page.get_by_test_id("filter")).to_have_value("alpine")
    page.get_by_test_id("filter").fill("nothing like it")
    expect(page.get_by_test_id("notice")).to_contain_text("No host matches")


def test_what_is_sorted_by_its_values_never_moves_under_the_pointer(watched: Watched, site: Site) -> None:
    page = watched.page
    page.clock.install()
    site.open(page, "/hosts?sort=cpu")
    expect(page.get_by_test_id("host-card")).to_have_count(4)
    card(page, "web1").hover()
    publish(site.broker, *tick("web1", 99))
    expect(figure(page, "web1", "cpu")).to_have_text("99.0 %")
    page.clock.run_for(6000)  # longer than it takes to sort anew: nothing is to happen
    expect_order(page, "db1", "nas", "web1", "old")
    page.get_by_test_id("summary").hover()
    page.clock.run_for(6000)
    expect_order(page, "web1", "db1", "nas", "old")
    publish(site.broker, *tick("web1", 12))


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


def rows(page: Page) -> Locator:
    return page.get_by_test_id("host-row").locator("th")


def test_the_table_is_sorted_by_any_column_and_kept_in_the_address(watched: Watched, site: Site) -> None:
    page = watched.page
    site.open(page)
    page.get_by_label("Table", exact=True).check()
    expect(rows(page)).to_have_text(["db1", "nas", "old", "web1", "greenhouse"])
    cpu = page.get_by_role("columnheader", name="CPU")
    cpu.get_by_role("button").click()
    expect(rows(page)).to_have_text(["db1", "nas", "web1", "old", "greenhouse"])
    expect(cpu).to_have_attribute("aria-sort", "descending")
    cpu.get_by_role("button").click()
    expect(rows(page)).to_have_text(["web1", "nas", "db1", "old", "greenhouse"])
    page.get_by_text("Columns").click()
    page.get_by_role("checkbox", name="System").check()
    page.get_by_role("checkbox", name="Uptime").uncheck()
    page.reload()
    settled(page)
    expect(rows(page)).to_have_text(["web1", "nas", "db1", "old", "greenhouse"])
    expect(page.get_by_role("row", name="web1")).to_contain_text("Alpine 3.20")
    expect(page.get_by_role("columnheader", name="Uptime")).to_have_count(0)
    page.get_by_role("row", name="web1").get_by_role("link").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("row", name="nas").get_by_role("link")).to_be_focused()
    keep(page, "hosts-table")
    assert violations(page) == []
    assert watched.complaints == []


def test_hosts_are_tagged_grouped_and_groups_closed(watched: Watched, site: Site) -> None:
    page = watched.page
    site.open(page)
    page.get_by_test_id("tag").click()
    page.get_by_label("Host", exact=True).fill("nas")
    page.get_by_role("textbox", name="Tags").fill("Room=cellar")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("tagging")).to_contain_text("room=cellar,role=nas")
    assert violations(page) == []
    page.get_by_role("textbox", name="Tags").fill("room=cellar")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("tagging")).to_be_hidden()
    page.get_by_label("Group by").select_option("room")
    # The worst group first, and within it the worst host.
    groups = page.get_by_test_id("host-list").get_by_role("button", expanded=True)
    expect(groups).to_have_text(["No room3 hosts, 1 device, 2 need a look", "cellar1 host, 1 needs a look"])
    expect_order(page, "old", "db1", "web1", "nas")
    groups.first.click()
    expect_order(page, "nas")
    expect(page).to_have_url(f"{site.url}/hosts?group=room&closed=")
    page.reload()
    settled(page)
    expect_order(page, "nas")
    keep(page, "hosts-groups")
    assert violations(page) == []


def many(socket: WebSocketRoute) -> None:
    """A thousand hosts, as the server would tell of them."""
    names = [f"host{number:03d}" for number in range(1000)]
    row = {"kind": "collector", "status": "online", "ago": 0, "cpu": 5, "tags": {"room": "attic"}}
    told = {"type": "summary", "timestamp": format_time(now()), "hosts": dict.fromkeys(names, row)}
    socket.send(json.dumps(told))


@pytest.mark.parametrize(("view", "kind"), [("", "card"), ("?view=table&group=room", "row")])
def test_of_a_thousand_hosts_those_in_sight_are_in_the_page(
    watched: Watched, site: Site, view: str, kind: str
) -> None:
    page = watched.page
    page.route_web_socket("**/api/ws/metrics?*", many)
    site.open(page, f"/hosts{view}")
    drawn = page.get_by_test_id(f"host-{kind}")
    expect(drawn.filter(has_text="host000")).to_be_visible()
    page.get_by_test_id("summary").get_by_text("1000 hosts").wait_for()
    assert nodes(page) < 5000
    (page.get_by_test_id("sheet") if kind == "row" else page.get_by_test_id("host-list")).hover()
    page.mouse.wheel(0, 100_000)
    expect(drawn.filter(has_text="host999")).to_be_visible()
    assert nodes(page) < 5000
    place = "aria-rowindex" if kind == "row" else "aria-posinset"
    assert drawn.last.get_attribute(place) == ("1001" if kind == "row" else "1000")


def nodes(page: Page) -> int:
    """Of the document, text and shadow trees among them."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return int(session.send("Memory.getDOMCounters")["nodes"])


def test_a_table_on_a_phone_goes_sideways_by_itself(phone: BrowserContext, site: Site) -> None:
    page = phone.new_page()
    site.open(page, "/hosts?view=table")
    expect(rows(page).first).to_be_visible()
    assert fits_sideways(page)
    sheet = page.get_by_test_id("sheet")
    assert sheet.evaluate("(box) => box.scrollWidth > box.clientWidth")
    sheet.evaluate("(box) => box.scrollTo(500, 0)")
    # The name stays.
    assert rows(page).first.evaluate("(cell) => cell.getBoundingClientRect().x") >= 0
    keep(page, "hosts-table-phone")
    assert violations(page) == []


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
