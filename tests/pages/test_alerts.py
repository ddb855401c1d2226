"""The Alerts page, the bell, and what rules show on other pages: with a real alerts service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.alerts.receiver import receiver
from tests.pages.alerting import House, firing
from tests.pages.conftest import (
    DESKTOP,
    PHONE,
    Watched,
    choose_theme,
    fits_sideways,
    keep,
    settled,
    violations,
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with firing(Path(tmp_path_factory.mktemp("alerts"))) as house:
        yield house


def test_what_fires_is_acknowledged_and_switched_off_for_a_host(watched: Watched, house: House) -> None:
    page = watched.page
    house.open(page)
    full = page.get_by_test_id("alert-nas-disk-full")
    expect(full).to_contain_text("Partition almost full: /srv at 93.4 % (limit 90 %)")
    expect(page.get_by_test_id("bell-count")).to_have_text("2")
    expect(page.get_by_test_id("summary")).to_have_text(re.compile("^2 fire"))
    full.get_by_role("button", name="Acknowledge").click()
    expect(full).to_contain_text("acknowledged by admin")
    expect(page.get_by_test_id("bell-count")).to_have_text("1")
    page.get_by_test_id("alert-pi-cpu").get_by_role("button", name="Off here").click()
    expect(page.get_by_test_id("toast")).to_contain_text("“CPU busy” is off for pi.")
    expect(page.get_by_test_id("alert-pi-cpu")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("alert-pi-cpu")).to_have_count(1)
    page.get_by_role("button", name="Recent").click()
    expect(page.get_by_test_id("recent")).to_contain_text("CPU busy at 97 % (limit 90 %)")
    assert watched.complaints == []
    assert watched.foreign(house.url) == []


def test_a_rule_is_made_for_a_chart_changed_and_deleted(watched: Watched, house: House) -> None:
    page = watched.page
    house.open(page, "/live?host=pi")
    page.get_by_test_id("alert-cpu").click()
    form = page.get_by_test_id("rule-form")
    expect(form.get_by_label("Hosts")).to_have_value("pi")
    expect(form.get_by_label(re.compile("^Field"))).to_have_value("usage_percent")
    settled(page)
    form.get_by_label("What it says").fill("Pi at work")
    form.get_by_label(re.compile("^Limit")).fill("50")
    form.get_by_role("button", name="Preview").click()
    expect(page.get_by_test_id("preview")).to_contain_text(
        "It would have fired once in the last 30 days on pi"
    )
    form.get_by_role("button", name="Save").click()
    row = page.get_by_test_id("rule-pi-at-work")
    expect(row).to_contain_text("CPU: usage ≥ 50 %")
    row.get_by_role("button", name="Edit").click()
    form.get_by_label("Fires by").select_option("unusual")
    form.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("4 standard deviations or more")
    row.get_by_role("button", name="Delete").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert watched.complaints == []


def test_a_channel_is_added_tried_and_its_address_not_shown(page_of_admin: Page, house: House) -> None:
    page = page_of_admin
    house.open(page, "/alerts?section=channels")
    with receiver() as server:
        page.get_by_label("Name, like phone").fill("hook")
        page.get_by_label("Address").fill(server.url)
        page.get_by_role("button", name="Add").click()
        hook = page.get_by_test_id("channel-hook")
        hook.get_by_role("button", name="Test").click()
        expect(page.get_by_test_id("channels-said")).to_have_text("hook: Sent: the server has taken it.")
    assert "secret-token" not in page.content()
    hook.get_by_role("button", name="Remove").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Remove").click()
    expect(hook).to_have_count(0)


@pytest.fixture
def page_of_admin(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("theme", "size"), [("dark", DESKTOP), ("light", PHONE)])
def test_each_part_fits_and_can_be_read(browser: Browser, house: House, theme: str, size: object) -> None:
    context = browser.new_context(viewport=size)  # type: ignore[arg-type]
    choose_theme(context, theme)
    page = context.new_page()
    for section in ("now", "recent", "rules", "channels"):
        house.open(page, f"/alerts?section={section}")
        expect(page.get_by_test_id("alerts")).to_have_attribute("data-state", "live")
        assert fits_sideways(page), section
        keep(page, f"alerts-{section}-{theme}")
        assert violations(page) == []
    page.goto(f"{house.url}/alerts?section=rules&new=1")
    expect(page.get_by_test_id("rule-form")).to_be_visible()
    assert violations(page) == []
    keep(page, f"alerts-form-{theme}")
    context.close()


def test_a_viewer_sees_it_all_and_changes_nothing(page_of_admin: Page, house: House) -> None:
    page = page_of_admin
    house.open(page, username="eve")
    expect(page.get_by_test_id("alert-pi-cpu")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    page.get_by_role("button", name="Rules").click()
    expect(page.get_by_role("switch", name="CPU busy: on")).to_be_disabled()
    expect(page.get_by_test_id("new-rule")).to_be_disabled()


def test_cards_need_a_look_by_the_rules_while_somebody_watches(page_of_admin: Page, house: House) -> None:
    page = page_of_admin
    house.open(page, "/hosts")
    card = page.locator('[data-testid="host-card"][data-host="pi"]')
    expect(card.locator(".words")).to_have_text("CPU busy at 97 % (limit 90 %)")
    expect(card).to_have_attribute("data-state", "trouble")
    house.alerts.end()
    page.goto(f"{house.url}/alerts")
    expect(page.get_by_test_id("notice")).to_contain_text("Nobody watches")
    expect(page.get_by_test_id("bell")).to_have_attribute("data-tone", "away")
    house.open(page, "/hosts")
    expect(card.locator(".words")).to_have_text("CPU busy")
    house.alerts.start()
