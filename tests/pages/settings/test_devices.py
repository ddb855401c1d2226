"""Others' devices in a real browser: switched on, mapped by a click, and seen on a page of their own."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.pages.conftest import Watched, fits_sideways, keep, violations
from tests.pages.settings.opener import filled, open_section
from tests.servers import wait_until
from tests.stack import Person, Stack

KNOWN = [{"friendly_name": "kitchen/window", "definition": {"model": "MCCGQ11LM", "vendor": "Aqara"}}]
WINDOW = {"contact": False, "temperature": 21.4, "battery": 87, "linkquality": 164}
SOIL = {"object": {"soil_moisture": 31.4}}
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def account(own: Stack) -> str:
    return own.credentials("zigbee2mqtt", "--writes", "zigbee2mqtt/#", "--writes", "lora/#")


def send(account: str, topic: str, content: Any, *options: str) -> None:
    """A broker that has not read of the account yet refuses it."""
    command = ["mosquitto_pub", "-V", "5", "-q", "1", "-L", f"{account}/{topic}", "-m", json.dumps(content)]
    wait_until(lambda: subprocess.run([*command, *options], check=False).returncode == 0, "it is sent")


@pytest.fixture
def switched_off(admin: Person) -> Iterator[None]:
    yield
    admin.put("/api/devices", {"presets": []}).raise_for_status()


@pytest.mark.usefixtures("switched_off")
def test_devices_are_switched_on_mapped_and_looked_at(
    watched: Watched, phone: BrowserContext, own: Stack, admin: Person, account: str
) -> None:
    page = watched.page
    section = open_section(page, own.url, "devices")
    filled(page, "devices")
    expect(page.get_by_test_id("listen")).to_be_hidden()
    page.get_by_test_id("preset-zigbee2mqtt").check()
    expect(page.get_by_test_id("presets-said")).to_have_text("In force.")
    send(account, "zigbee2mqtt/bridge/devices", KNOWN, "-r")
    send(account, "zigbee2mqtt/kitchen/window", WINDOW)
    send(account, "zigbee2mqtt/button", {"action": "single"})
    found = page.get_by_test_id("found-zigbee2mqtt")
    expect(found).to_contain_text("1 device, 1 reading")
    found.get_by_text("1 message not taken").click()
    expect(found).to_contain_text("zigbee2mqtt/button: nothing in it is a number")

    page.get_by_test_id("listen").click()
    heard = page.get_by_test_id("message").filter(has_text="lora/node-7/up")

    def hears() -> bool:
        send(account, "lora/node-7/up", SOIL)
        return bool(heard.count())

    wait_until(hears, "the message is listed")
    heard.click()
    expect(page.get_by_test_id("mapping").get_by_label("Topic")).to_have_value("lora/{device}/up")
    expect(page.get_by_test_id("becomes")).to_have_text("→ node-7, up: Soil moisture 31.4 %")
    assert violations(page) == []
    keep(page, "settings-devices-mapping", full_page=True)
    page.get_by_role("button", name="Keep this mapping").click()
    expect(page.get_by_test_id("mapping-said")).to_have_text("The mapping is kept.")
    (mapping,) = admin.get("/api/devices").json()["mappings"]
    assert (mapping["topic"], mapping["path"]) == ("lora/{device}/up", "object.soil_moisture")
    section.get_by_role("button", name="Remove the mapping of lora/{device}/up").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_test_id("mappings")).to_be_hidden()

    page.goto(f"{own.url}/live?host=kitchen_window&range=1h")
    expect(page.get_by_test_id("host-facts")).to_have_text(
        re.compile(r"^window · kitchen · Aqara MCCGQ11LM · by Zigbee2MQTT · battery 87\s% · link 164$")
    )
    page.get_by_role("button", name="Live", exact=True).click()
    expect(page.get_by_test_id("zigbee-contact")).to_have_text("open")
    expect(page.get_by_test_id("zigbee-temperature_celsius")).to_have_text("21.4°C")
    expect(page.get_by_test_id("card-zigbee")).to_contain_text("Battery87 %")
    expect(page.get_by_test_id("alert-zigbee.contact")).to_have_attribute("href", re.compile("field=contact"))
    assert violations(page) == []
    assert watched.complaints == []

    small = phone.new_page()
    open_section(small, own.url, "devices")
    filled(small, "devices")
    assert fits_sideways(small)
    small.goto(f"{own.url}/live?host=kitchen_window")
    expect(small.get_by_test_id("range-zigbee.contact")).to_contain_text("open")
    expect(small).to_have_url(re.compile("range=24h"))
    assert fits_sideways(small)
    keep(small, "live-device-phone", full_page=True)


def test_a_viewer_sees_what_is_taken_in_and_cannot_change_it(
    context: BrowserContext, own: Stack, viewer: str
) -> None:
    page = context.new_page()
    open_section(page, own.url, "devices", viewer)
    filled(page, "devices")
    expect(page.get_by_test_id("preset-tasmota")).to_be_disabled()
    expect(page.get_by_test_id("mapping")).to_be_hidden()
