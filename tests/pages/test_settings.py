"""The Settings page in a real browser: each change is seen where it belongs, on the server too."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.pages.conftest import (
    Watched,
    choose_theme,
    fits_sideways,
    keep,
    log_in,
    settled,
    violations,
)
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard, Person, Stack

SECTIONS = ("history", "hosts", "account", "users", "integrations", "system")
CONTROLS = "input:not([aria-hidden]), select, button"
NEW = "another password for tests"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A PerfWatch whose settings these tests change."""
    folder = Path(tmp_path_factory.mktemp("settings"))
    with Stack(folder, "--interval", "0.5", "--host", "nas", admin_password=PASSWORD) as stack:
        yield stack


@pytest.fixture(scope="module")
def admin(own: Stack) -> Person:
    return Person(own.url)


@pytest.fixture(scope="module")
def viewer(own: Stack, admin: Person) -> str:
    """The name of somebody who may only look."""
    admin.post("/api/users", {"username": "eve", "password": PASSWORD, "role": "viewer"}).raise_for_status()
    return "eve"


def open_section(
    page: Page, url: str, section: str, username: str = "admin", password: str = PASSWORD
) -> Locator:
    """That section, filled with what the server told."""
    page.goto(f"{url}/settings?section={section}")
    if "/login" in page.url:
        log_in(page, password, username)
    shown = page.locator(f'[data-section="{section}"]')
    expect(shown).to_be_visible(timeout=20_000)
    expect(page.get_by_test_id("settings")).to_have_attribute("data-role", re.compile("admin|viewer"))
    settled(page)
    return shown


def filled(page: Page, section: str) -> None:
    """Wait until the section shows what the server told."""
    waited = {
        "history": page.get_by_test_id("tiers").get_by_text(re.compile(r"\d")).first,
        "hosts": page.get_by_test_id("host-nas").get_by_text("online"),
        "account": page.get_by_test_id("me-role").get_by_text(re.compile("admin|viewer")),
        "users": page.get_by_label("Role of admin"),
        "integrations": page.get_by_label(re.compile("^Name, like")),
        "system": page.get_by_test_id("system").get_by_text("mosquitto version"),
    }
    expect(waited[section]).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_section_can_be_used_by_everybody(context: BrowserContext, own: Stack, theme: str) -> None:
    choose_theme(context, theme)
    watched = Watched(context.new_page())
    page = watched.page
    open_section(page, own.url, "history")
    for section in SECTIONS:
        page.get_by_role("button", name=section.capitalize(), exact=True).click()
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
    expect(said).to_have_text(re.compile(r"Nothing was older\..*It took \d"), timeout=20_000)


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
    open_section(page, own.url, "hosts")
    host = page.get_by_test_id("host-nas")
    cores = host.get_by_label("Perf cores")
    expect(cores).to_have_value("all")
    cores.fill("0")
    admin.put("/api/config", {"host": "nas", "interval": 1}).raise_for_status()
    with page.expect_response(re.compile("/api/config"), timeout=20_000):
        pass
    expect(host.get_by_text("every 1 s")).to_be_visible()
    expect(cores).to_have_value("0")
    admin.put("/api/config", {"host": "nas", "interval": None}).raise_for_status()


def test_a_password_is_changed_and_goes_on(browser: Browser, own: Stack, admin: Person) -> None:
    user = {"username": "carla", "password": PASSWORD, "role": "admin"}
    admin.post("/api/users", user).raise_for_status()
    other = Person(own.url, "carla")
    page = browser.new_page()
    open_section(page, own.url, "account", "carla")
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password, 12").fill(NEW)
    page.get_by_label("New password again").fill(NEW + "!")
    change = page.get_by_role("button", name="Change password")
    change.click()
    said = page.get_by_test_id("password-said")
    expect(said).to_have_text(re.compile("two new passwords differ"))
    page.get_by_label("New password again").fill(NEW)
    change.click()
    expect(said).to_have_text(re.compile("current_password is wrong"))
    page.get_by_label("Current password").fill(PASSWORD)
    change.click()
    expect(said).to_have_text(re.compile("password is changed"))
    assert not other.logged_in()
    page.reload()
    settled(page)
    expect(page.get_by_test_id("me-name")).to_have_text("carla")
    Person(own.url, "carla", NEW)
    page.close()


def test_users_are_added_changed_and_removed(context: BrowserContext, own: Stack) -> None:
    page = context.new_page()
    open_section(page, own.url, "users")
    page.get_by_label("Name", exact=True).fill("dora")
    page.get_by_test_id("user-add").get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_test_id("user-add-said")).to_have_text("dora can log in, as viewer.")
    dora = Person(own.url, "dora")
    page.get_by_label("Role of dora").select_option("admin")
    expect(page.get_by_test_id("users-said")).to_have_text("dora is admin now.")
    assert dora.get("/api/auth/me").json()["role"] == "admin"
    keep(page, "settings-users-changed")
    page.get_by_role("button", name="Remove dora").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Remove").click()
    expect(page.get_by_test_id("users-said")).to_have_text(re.compile("dora is removed"))
    expect(page.get_by_label("Role of dora")).to_have_count(0)
    assert not dora.logged_in()


def test_the_last_admin_cannot_be_lost(browser: Browser, tmp_path: Path, broker: Mosquitto) -> None:
    with Dashboard(tmp_path, broker.url) as server:
        page = browser.new_page()
        open_section(page, server.url, "users")
        page.get_by_label("Role of admin").select_option("viewer")
        expect(page.get_by_test_id("users-said")).to_have_text(re.compile("last admin must stay"))
        expect(page.get_by_label("Role of admin")).to_have_value("admin")
        # Nor are the broker's accounts ours here, nor is there a host or a bridge.
        page.get_by_role("button", name="Integrations").click()
        expect(page.get_by_test_id("elsewhere")).to_have_text(re.compile("mosquitto_passwd"))
        expect(page.get_by_test_id("credential-add")).to_be_hidden()
        page.get_by_role("button", name="Hosts").click()
        expect(page.get_by_test_id("no-hosts")).to_be_visible()
        page.get_by_role("button", name="System").click()
        expect(page.get_by_test_id("system")).to_contain_text("No bridge is on the broker")
        keep(page, "settings-system-alone")
        page.close()


def test_an_integration_is_made_shown_once_copied_and_revoked(browser: Browser, own: Stack) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    open_section(page, own.url, "integrations")
    page.get_by_label(re.compile("^Name, like")).fill("grafana")
    page.get_by_role("button", name="Make", exact=True).click()
    expect(page.get_by_test_id("once")).to_be_visible(timeout=20_000)
    keep(page, "settings-integration-made")
    url = page.get_by_test_id("once-url").input_value()
    assert url == own.credentials("grafana")
    page.get_by_role("button", name="Copy").last.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    example = page.evaluate("navigator.clipboard.readText()")
    assert example == f"mosquitto_sub -L '{url}/perfwatch/#' -v"
    heard = subprocess.run(f"{example} -C 1 -W 10", shell=True, capture_output=True, text=True, check=True)
    assert heard.stdout.startswith("perfwatch/")
    page.reload()
    settled(page)
    expect(page.get_by_test_id("credentials")).to_contain_text("grafana")
    expect(page.get_by_test_id("once")).to_be_hidden()
    page.get_by_role("button", name="Revoke grafana").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Revoke").click()
    expect(page.get_by_test_id("credentials-said")).to_have_text(
        re.compile("grafana is revoked"), timeout=20_000
    )
    expect(page.get_by_role("button", name="Revoke grafana")).to_have_count(0)
    context.close()


def test_the_system_tells_the_depth_of_the_spool(context: BrowserContext, own: Stack) -> None:
    page = context.new_page()
    open_section(page, own.url, "system")
    bridge = page.get_by_test_id("system").locator("article", has_text="Spool")
    expect(bridge).to_contain_text("empty", timeout=20_000)
    expect(bridge).to_contain_text("online")
    collector = page.get_by_test_id("system").locator("details")
    collector.locator("summary").click()
    expect(collector.get_by_text("available").first).to_be_visible()
    with page.expect_response(re.compile("/api/system$"), timeout=20_000):
        pass
    expect(collector.get_by_text("available").first).to_be_visible()


def test_a_viewer_sees_everything_and_changes_nothing(
    context: BrowserContext, own: Stack, viewer: str
) -> None:
    watched = Watched(context.new_page())
    page = watched.page
    open_section(page, own.url, "history", viewer)
    expect(page.get_by_test_id("viewer")).to_have_text(re.compile("^You are a viewer"))
    for section in SECTIONS:
        page.get_by_role("button", name=section.capitalize(), exact=True).click()
        filled(page, section)
        controls = page.locator(f'[data-section="{section}"]').locator(CONTROLS)
        able = [control for control in controls.all() if control.is_visible() and control.is_enabled()]
        assert len(able) == (4 if section == "account" else 0), section
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
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Users", exact=True)).to_be_visible()
    filled(page, "users")
    page.get_by_role("button", name="Remove admin").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("confirm")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove admin")).to_be_focused()
