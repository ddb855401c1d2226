"""The sections of the Settings page, opened in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.pages.conftest import log_in, settled
from tests.stack import PASSWORD


def open_section(
    page: Page, url: str, section: str, username: str = "admin", password: str = PASSWORD
) -> Locator:
    """That section, filled with what the server told."""
    page.goto(f"{url}/settings?section={section}")
    if "/login" in page.url:
        log_in(page, password, username)
    shown = page.locator(f'[data-section="{section}"]')
    expect(shown).to_be_visible()
    expect(page.get_by_test_id("settings")).to_have_attribute("data-role", re.compile("admin|viewer"))
    settled(page)
    return shown


def filled(page: Page, section: str) -> None:
    """Wait until the section shows what the server told."""
    waited = {
        "history": page.get_by_test_id("tiers").get_by_text(re.compile(r"\d")).first,
        "hosts": page.get_by_test_id("host-nas").get_by_text("online"),
        "devices": page.get_by_test_id("found-tasmota"),
        "account": page.get_by_test_id("me-role").get_by_text(re.compile("admin|viewer")),
        "users": page.get_by_label("Role of admin"),
        "integrations": page.get_by_label(re.compile("^Name, like grafana")),
        "tokens": page.get_by_label(re.compile("^Name, like homepage")),
        "system": page.get_by_test_id("system").get_by_text("mosquitto version"),
    }
    expect(waited[section]).to_be_visible()
