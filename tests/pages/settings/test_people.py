"""Settings for people and programs: passwords, users, accounts for integrations."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.pages.conftest import keep, log_in, settled, violations
from tests.pages.settings.opener import open_section
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard, Person, Stack, bearer

pytestmark = pytest.mark.browser
NEW = "another password for tests"


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


def test_an_admin_gives_a_user_a_new_password_that_is_shown_once(browser: Browser, own: Stack) -> None:
    Person(own.url).post(
        "/api/users", {"username": "fred", "password": PASSWORD, "role": "viewer"}
    ).raise_for_status()
    fred = Person(own.url, "fred")
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    open_section(page, own.url, "users")
    expect(page.get_by_role("button", name="New password for fred")).to_be_visible()
    expect(page.get_by_role("button", name="New password for admin")).to_be_hidden()
    page.get_by_role("button", name="New password for fred").click()
    confirm = page.get_by_test_id("confirm")
    expect(confirm).to_contain_text("logged out everywhere")
    confirm.get_by_role("button", name="Cancel").click()
    assert fred.logged_in()
    page.get_by_role("button", name="New password for fred").click()
    confirm.get_by_role("button", name="New password").click()
    expect(page.get_by_test_id("users-said")).to_have_text(re.compile("^fred has a new password"))
    expect(page.get_by_role("button", name="New password for fred")).to_be_focused()
    keep(page, "settings-user-password", full_page=True)
    assert violations(page) == []
    once = page.get_by_test_id("user-once")
    password = once.get_by_label("New password for fred").input_value()
    once.get_by_role("button", name="Copy").click()
    expect(once.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == password
    assert not fred.logged_in()
    assert Person(own.url, "fred", password).logged_in()
    page.get_by_label("Role of fred").select_option("admin")
    expect(page.get_by_test_id("users-said")).to_have_text("fred is admin now.")
    expect(once).to_be_hidden()
    context.close()


def test_a_new_password_that_is_refused_is_said_in_place(
    context: BrowserContext, own: Stack, viewer: str
) -> None:
    page = context.new_page()
    open_section(page, own.url, "users")
    page.route(f"**/api/users/{viewer}", lambda route: route.abort())
    page.get_by_role("button", name=f"New password for {viewer}").click()
    page.get_by_test_id("confirm").get_by_role("button", name="New password").click()
    expect(page.get_by_test_id("users-said")).to_have_text(re.compile("server cannot be reached"))
    expect(page.get_by_test_id("user-once")).to_be_hidden()


def test_the_last_admin_cannot_be_lost(browser: Browser, tmp_path: Path, broker: Mosquitto) -> None:
    with Dashboard(tmp_path, broker.url) as server:
        page = browser.new_page()
        open_section(page, server.url, "users")
        page.get_by_label("Role of admin").select_option("viewer")
        expect(page.get_by_test_id("users-said")).to_have_text(re.compile("There must be an admin"))
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
    page.get_by_label(re.compile("^Name, like grafana")).fill("grafana")
    page.get_by_role("button", name="Make", exact=True).click()
    expect(page.get_by_test_id("once")).to_be_visible()
    keep(page, "settings-integration-made")
    url = page.get_by_test_id("once-url").input_value()
    assert url == own.credentials("grafana")
    page.get_by_role("button", name="Copy").last.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    example = page.evaluate("navigator.clipboard.readText()")
    assert example == f"mosquitto_sub -L '{url}/perfwatch/#' -v"
    heard = subprocess.run(f"{example} -C 1 -W 60", shell=True, capture_output=True, text=True, check=True)
    assert heard.stdout.startswith("perfwatch/")
    page.reload()
    settled(page)
    expect(page.get_by_test_id("credentials")).to_contain_text("grafana")
    expect(page.get_by_test_id("once")).to_be_hidden()
    page.get_by_role("button", name="Revoke grafana").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Revoke").click()
    expect(page.get_by_test_id("credentials-said")).to_have_text(re.compile("grafana is revoked"))
    expect(page.get_by_role("button", name="Revoke grafana")).to_have_count(0)
    context.close()


def test_an_api_token_is_made_shown_once_and_revoked(context: BrowserContext, own: Stack) -> None:
    page = context.new_page()
    open_section(page, own.url, "tokens")
    page.get_by_label("Name, like homepage").fill("homepage")
    page.get_by_test_id("token-add").get_by_role("button", name="Make").click()
    expect(page.get_by_test_id("token-add-said")).to_have_text("homepage may ask from now on, as viewer.")
    token = page.get_by_test_id("token-once-value").input_value()
    keep(page, "settings-tokens-made")
    asked = httpx.get(f"{own.url}/api/hosts", headers=bearer(token))
    assert asked.status_code == 200
    page.get_by_role("button", name="Revoke homepage").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Revoke").click()
    expect(page.get_by_test_id("tokens-said")).to_have_text(re.compile("homepage is revoked"))
    assert httpx.get(f"{own.url}/api/hosts", headers=bearer(token)).status_code == 401
    page.close()


def test_a_second_factor_is_set_up_asked_for_and_removed(browser: Browser, own: Stack, admin: Person) -> None:
    admin.post("/api/users", {"username": "gina", "password": PASSWORD, "role": "viewer"}).raise_for_status()
    page = browser.new_page()
    open_section(page, own.url, "account", "gina")
    expect(page.get_by_test_id("factor-state")).to_have_text("off")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    picture = page.get_by_test_id("factor-picture")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    keep(page, "settings-second-factor", full_page=True)
    assert violations(page) == []
    app = pyotp.TOTP(page.get_by_test_id("factor-secret").input_value())
    page.get_by_label("The code that the app shows").fill(app.now())
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_test_id("factor-state")).to_have_text("on, 10 recovery codes left")
    codes = page.get_by_test_id("factor-recovery").locator("li").all_inner_texts()
    assert len(codes) == 10
    keep(page, "settings-second-factor-codes", full_page=True)

    phone = browser.new_page()
    phone.goto(f"{own.url}/live")
    log_in(phone, PASSWORD, "gina")
    code = phone.get_by_label("Code of your app")
    expect(code).to_be_focused()
    keep(phone, "login-second-factor")
    code.fill("000000")
    phone.get_by_role("button", name="Log in").click()
    expect(phone.get_by_role("alert")).to_have_text(re.compile("^The code is wrong"))
    code.fill(codes[0])
    phone.get_by_role("button", name="Log in").click()
    expect(phone.get_by_test_id("logout")).to_be_visible()

    page.reload()
    settled(page)
    expect(page.get_by_test_id("factor-state")).to_have_text("on, 9 recovery codes left")
    expect(page.get_by_test_id("factor-codes")).to_be_hidden()
    sessions = page.get_by_test_id("own-sessions").locator("li")
    expect(sessions).to_have_count(2)
    page.get_by_role("button", name=re.compile("^End the session")).click()
    expect(page.get_by_test_id("own-sessions-said")).to_have_text(re.compile("session is ended"))
    expect(sessions).to_have_count(1)
    phone.wait_for_url("**/login**")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_test_id("factor-remove").click()
    expect(page.get_by_test_id("factor-state")).to_have_text("off")
    Person(own.url, "gina")
    page.close()
    phone.close()
