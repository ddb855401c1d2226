"""Which hosts the page shows, and in which order: as cards, in a table, in groups, of a thousand."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from perfwatch.readings.codec import format_time, now
from tests.dashboard.live.sockets import publish
from tests.pages.conftest import Watched, fits_sideways, keep, settled, violations
from tests.pages.fleet import tick
from tests.pages.hosts.site import Site, card, expect_order, figure, rows

pytestmark = pytest.mark.browser


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


def test_a_table_has_as_many_columns_as_wanted(
    context: BrowserContext, phone: BrowserContext, site: Site
) -> None:
    publish(site.broker, *tick("web1", 12, load=1.25))
    for one, name in ((context, "hosts-columns"), (phone, "hosts-columns-phone")):
        page = one.new_page()
        site.open(page, "/hosts?view=table")
        page.get_by_text("Columns").click()
        for column in ("Load", "Swap", "Failed units", "PerfWatch"):
            page.get_by_role("checkbox", name=column, exact=True).check()
        keep(page, f"{name}-menu")
        page.get_by_text("Columns").click()
        row = page.get_by_role("row", name="web1")
        expect(row).to_contain_text("1.25")
        expect(page).to_have_url(re.compile("columns=.*%2Cload%2Cswap%2Cfailed%2Cversion"))
        page.get_by_role("columnheader", name="Load").get_by_role("button").click()
        expect(rows(page)).to_have_text(["web1", "db1", "nas", "old", "greenhouse"])
        page.reload()
        settled(page)
        expect(rows(page)).to_have_text(["web1", "db1", "nas", "old", "greenhouse"])
        publish(site.broker, *tick("web1", 12, load=2.5))
        expect(row).to_contain_text("2.50")
        publish(site.broker, *tick("web1", 12, load=1.25))
        keep(page, name)
        assert violations(page) == []


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
