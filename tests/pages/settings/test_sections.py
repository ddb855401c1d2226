"""The Settings page in a real browser: each change is seen where it belongs, on the server too."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from perfwatch.admin import mosquitto
from perfwatch.admin.denied import Denied, denied_path
from perfwatch.admin.mosquitto import Listening
from tests.pages.conftest import Watched, choose_theme, fits_sideways, keep, violations
from tests.pages.settings.opener import filled, open_section
from tests.servers import Mosquitto
from tests.stack import Dashboard, Person, Stack

LABELS = {"tokens": "API tokens"}
SECTIONS = ("history", "hosts", "devices", "account", "users", "integrations", "tokens", "system")
CONTROLS = "input:not([aria-hidden]), select, button"
CLEANUP = "**/api/retention/cleanup"
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_section_can_be_used_by_everybody(context: BrowserContext, own: Stack, theme: str) -> None:
    choose_theme(context, theme)
    watched = Watched(context.new_page())
    page = watched.page
    open_section(page, own.url, "history")
    for section in SECTIONS:
        page.get_by_role("button", name=LABELS.get(section, section.capitalize()), exact=True).click()
        filled(page, section)
        keep(page, f"settings-{section}-{theme}", full_page=True)
        assert violations(page) == []
    expect(page).to_have_url(re.compile("section=system"))
    assert watched.complaints == []
    assert watched.foreign(own.url) == []


def test_every_section_fits_a_phone(phone: BrowserContext, own: Stack) -> None:
    page = phone.new_page()
    for section in SECTIONS:
        open_section(page, own.url, section)
        filled(page, section)
        keep(page, f"settings-{section}-phone", full_page=True)
        assert fits_sideways(page), section
    page.get_by_role("button", name="Users", exact=True).click()
    assert violations(page) == []


def test_nothing_moves_while_a_section_loads(context: BrowserContext, own: Stack) -> None:
    page = context.new_page()
    open_section(page, own.url, "history")
    page.add_init_script(
        "window.moved = 0;"
        "new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.moved += one.value)))"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    for section in ("history", "account", "integrations"):
        open_section(page, own.url, section)
        filled(page, section)
        assert page.evaluate("window.moved") < 0.1, section


def test_the_policy_is_saved_and_a_mistake_is_explained(watched: Watched, own: Stack, admin: Person) -> None:
    page = watched.page
    open_section(page, own.url, "history")
    filled(page, "history")
    expect(page.get_by_test_id("history-size")).to_have_text(re.compile("[kM]B"))
    expect(page.get_by_test_id("history-newest")).to_have_text(re.compile(r"\d{4}, \d\d:\d\d"))
    days = page.get_by_label("Means of a minute and an hour, for")
    expect(days).to_have_value("30")
    days.fill("90")
    page.get_by_label("Remove by itself").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("retention-said")).to_have_text(re.compile("^Saved"))
    assert admin.get("/api/retention").json() == {
        "retention_days": 90,
        "downsample_after_days": 7,
        "enabled": False,
    }
    page.get_by_test_id("retention").evaluate("form => (form.noValidate = true)")
    days.fill("5000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("retention-said")).to_have_text(re.compile("'5000': expected a whole number"))
    keep(page, "settings-history-refused")


def test_a_cleanup_is_asked_for_and_tells_what_it_did(context: BrowserContext, own: Stack) -> None:
    page = context.new_page()
    open_section(page, own.url, "history")
    filled(page, "history")
    page.get_by_test_id("cleanup").click()
    expect(page.get_by_test_id("confirm")).to_be_visible()
    keep(page, "settings-confirm")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("cleanup-said")).to_have_text("")
    page.get_by_test_id("cleanup").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    said = page.get_by_test_id("cleanup-said")
    expect(said).to_have_text(re.compile(r"Nothing was older\..*It took \d"))


def test_a_cleanup_tells_how_far_it_is_also_to_who_comes_later(context: BrowserContext, own: Stack) -> None:
    """The page alone: how a store tells of its cleanup is in tests/dashboard/history/test_cleanup.py."""
    page = context.new_page()
    open_section(page, own.url, "history")
    filled(page, "history")
    told = {"stage": "thin", "rolled_up": 20, "removed": {"raw": 1500, "rollups": 3}, "seconds": 12.3}
    page.route(CLEANUP, lambda route: route.fulfill(json=told))
    page.reload()
    said = page.get_by_test_id("cleanup-said")
    expect(said).to_have_text(
        "Removing readings that have means … So far 1,503 numbers removed and 20 turned into means, in 12 s."
    )
    expect(page.get_by_role("progressbar")).to_be_visible()
    keep(page, "settings-cleanup-running")
    page.unroute(CLEANUP)
    expect(said).to_have_text("The cleanup is done.")
    expect(page.get_by_role("progressbar")).to_be_hidden()


def test_a_machine_is_invited_by_one_line(watched: Watched, phone: BrowserContext, own: Stack) -> None:
    page = watched.page
    open_section(page, own.url, "hosts")
    page.get_by_label("Name of the machine").fill("pi")
    page.get_by_role("button", name="Make the line").click()
    said = page.get_by_test_id("machine-add-said")
    expect(said).to_have_text(re.compile("Other machines cannot reach this one yet. Start it for them too"))
    keep(page, "settings-machine-refused", full_page=True)
    # As if it had been started for others: so does no test of ours.
    folder = own.folder / "data"
    mosquitto.remember(folder, Listening(own.mqtt_port, "0.0.0.0"))
    page.get_by_label("Address of this server").fill("https://nas.lan/perfwatch")
    page.get_by_role("button", name="Make the line").click()
    line = page.get_by_label("Paste this on pi within 15 minutes; it works once")
    expect(line).to_have_value(re.compile("^if command -v python3 .* https://nas.lan/perfwatch pi "))
    expect(said).to_have_text("")
    keep(page, "settings-machine", full_page=True)
    assert violations(page) == []
    small = phone.new_page()
    open_section(small, own.url, "hosts")
    small.get_by_label("Name of the machine").fill("pi")
    small.get_by_label("Address of this server").fill("https://nas.lan/perfwatch")
    small.get_by_role("button", name="Make the line").click()
    expect(small.get_by_test_id("machine-once")).to_be_visible()
    keep(small, "settings-machine-phone", full_page=True)
    assert fits_sideways(small)
    mosquitto.remember(folder, Listening(own.mqtt_port))


def test_a_host_is_changed_and_its_answer_shown(context: BrowserContext, own: Stack, admin: Person) -> None:
    page = context.new_page()
    open_section(page, own.url, "hosts")
    host = page.get_by_test_id("host-nas")
    interval = host.get_by_label("Interval like")
    expect(interval).to_have_value("0.5s")
    interval.fill("2s")
    host.get_by_label("Processes").uncheck()
    host.get_by_role("button", name="Apply").click()
    said = host.get_by_role("status")
    expect(said).to_have_text(re.compile(r"^nas reports: every 2 s, \d+ of \d+ sources"))
    keep(page, "settings-host-changed")
    (nas,) = admin.get("/api/config").json()["hosts"]
    assert (nas["config"]["interval"], nas["config"]["sources"]["processes"]) == (2.0, False)
    interval.fill("2 weeks")
    host.get_by_role("button", name="Apply").click()
    expect(said).to_have_text(re.compile("^nas: interval is '2 weeks', but must be"))
    keep(page, "settings-host-refused")
    host.get_by_role("button", name="As it was started").click()
    expect(interval).to_have_value("0.5s")
    expect(host.get_by_label("Processes")).to_be_checked()


def test_what_somebody_types_outlives_a_refresh(context: BrowserContext, own: Stack, admin: Person) -> None:
    page = context.new_page()
    page.clock.install()
    open_section(page, own.url, "hosts")
    host = page.get_by_test_id("host-nas")
    cores = host.get_by_label("Perf cores")
    expect(cores).to_have_value("all")
    cores.fill("0")
    admin.put("/api/config", {"host": "nas", "interval": 1}).raise_for_status()
    with page.expect_response(re.compile("/api/config")):
        page.clock.fast_forward(11_000)
    expect(host.get_by_text("every 1 s")).to_be_visible()
    expect(cores).to_have_value("0")
    admin.put("/api/config", {"host": "nas", "interval": None}).raise_for_status()


def test_the_system_tells_the_depth_of_the_spool_and_what_the_broker_denied(
    context: BrowserContext, own: Stack
) -> None:
    one = Denied("pi", "zigbee2mqtt/lamp", "2026-11-29T16:00:00.000Z", "Give it an account.")
    denied_path(own.folder / "data").write_bytes(msgspec.json.encode([one]))
    page = context.new_page()
    page.clock.install()
    open_section(page, own.url, "system")
    bridge = page.get_by_test_id("system").locator("article", has_text="Spool")
    expect(bridge).to_contain_text("empty")
    expect(bridge).to_contain_text("online")
    broker = page.get_by_test_id("system").locator("article", has_text="Connected since")
    expect(broker).to_contain_text("pi may not publish zigbee2mqtt/lamp. Give it an account.")
    collector = page.get_by_test_id("system").locator("details")
    collector.locator("summary").click()
    expect(collector.get_by_text("available").first).to_be_visible()
    with page.expect_response(re.compile("/api/system$")):
        page.clock.fast_forward(11_000)
    expect(collector.get_by_text("available").first).to_be_visible()


def test_a_viewer_sees_everything_and_changes_nothing(
    context: BrowserContext, own: Stack, viewer: str
) -> None:
    watched = Watched(context.new_page())
    page = watched.page
    open_section(page, own.url, "history", viewer)
    expect(page.get_by_test_id("viewer")).to_have_text(re.compile("^You are a viewer"))
    for section in SECTIONS:
        page.get_by_role("button", name=LABELS.get(section, section.capitalize()), exact=True).click()
        filled(page, section)
        controls = page.locator(f'[data-section="{section}"]').locator(CONTROLS)
        able = [control for control in controls.all() if control.is_visible() and control.is_enabled()]
        assert bool(able) == (section == "account"), section
        keep(page, f"settings-{section}-viewer")
    assert violations(page) == []
    assert watched.complaints == []


def test_a_page_without_its_server_says_so_in_place(
    browser: Browser, tmp_path: Path, broker: Mosquitto
) -> None:
    with Dashboard(tmp_path, broker.url) as server:
        page = browser.new_page()
        open_section(page, server.url, "system")
        page.route("**/api/**", lambda route: route.abort())
        page.get_by_role("button", name="Users").click()
        expect(page.get_by_test_id("notice")).to_have_text(re.compile("server cannot be reached"))
        page.unroute("**/api/**")
        page.get_by_role("button", name="System").click()
        expect(page.get_by_test_id("notice")).to_be_hidden()
        page.close()


def test_a_keyboard_is_enough(context: BrowserContext, own: Stack) -> None:
    page = context.new_page()
    open_section(page, own.url, "history")
    page.get_by_role("button", name="History", exact=True).focus()
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Users", exact=True)).to_be_visible()
    filled(page, "users")
    page.get_by_role("button", name="Remove admin").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("confirm")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove admin")).to_be_focused()
