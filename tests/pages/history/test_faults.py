"""The History page where there is nothing to draw, or no answer: a sentence in place, and what to do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.pages.conftest import keep
from tests.pages.history.opener import Opener, after, drag, loads, rows

pytestmark = pytest.mark.browser

QUERY = "**/api/history/query?*"


def test_a_range_without_readings_offers_one_that_has_them(opened: Opener) -> None:
    page = opened("range=24h&host=zone", drawn=False).page
    veil = page.get_by_test_id("veil")
    expect(veil).to_contain_text("There are no readings of CPU · Usage · zone in this range")
    expect(veil).to_contain_text("The newest is from")
    keep(page, "history-nothing")
    page.get_by_test_id("veil-action").click()
    expect(rows(page)).to_have_count(1)
    expect(veil).to_be_hidden()


def test_a_host_that_is_not_there_is_named(opened: Opener) -> None:
    page = opened("host=gone", drawn=False).page
    expect(page.get_by_test_id("veil")).to_contain_text("no CPU readings of a host called “gone”")
    page.get_by_test_id("veil-action").click()
    expect(rows(page).first).to_be_visible()
    page = opened("host=gone&host=pi").page
    expect(page.get_by_test_id("hint")).to_contain_text("“gone”")


def test_nothing_chosen_asks_for_a_choice(opened: Opener) -> None:
    page = opened("host=nas").page
    hosts = page.get_by_test_id("hosts")
    hosts.locator("summary").click()
    hosts.get_by_role("button", name="None").click()
    expect(page.get_by_test_id("veil")).to_contain_text("Choose at least one field")
    after(page, hosts.get_by_label("pi").check)
    expect(page.get_by_test_id("veil")).to_be_hidden()


def test_a_range_the_wrong_way_round_is_said(opened: Opener) -> None:
    page = opened("range=custom&from=2026-11-23T14:00:00Z&to=2026-11-23T13:00:00Z&host=nas", drawn=False).page
    expect(page.get_by_test_id("veil")).to_contain_text("“From” must be before “To”")
    expect(page.get_by_test_id("from")).to_have_value(re.compile("^2026-11-23T15:00"))


def test_a_store_that_is_away_is_said_and_asked_again(opened: Opener) -> None:
    watched = opened("host=nas")
    page = watched.page
    page.route(QUERY, lambda route: route.fulfill(status=503, json={"detail": "the disk is full"}))
    page.get_by_test_id("refresh").click()
    veil = page.get_by_test_id("veil")
    expect(veil).to_contain_text(
        "The history cannot be read: the disk is full. This page tries again by itself."
    )
    keep(page, "history-away")
    page.unroute(QUERY)
    after(page, page.get_by_test_id("veil-action").click)
    expect(veil).to_be_hidden()


def test_a_slow_answer_shows_a_mark_and_one_that_is_outdated_is_dropped(opened: Opener) -> None:
    page = opened("range=30d&host=nas").page  # which does not ask again by itself
    held: list[Route] = []
    page.route(QUERY, lambda route: route.continue_() if held else held.append(route))
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_test_id("busy")).to_be_visible()
    with page.expect_event("requestfailed") as failed:
        after(page, page.get_by_role("button", name="24 hours").click)
    assert failed.value == held[0].request
    expect(page.get_by_test_id("busy")).to_be_hidden()
    expect(page.get_by_test_id("caption")).to_contain_text("Means over 5 min")


def test_a_range_that_ends_now_follows_it_and_a_zoom_stays(opened: Opener) -> None:
    with opened.context() as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{opened.url}/history?range=15m&host=nas")
        expect(rows(page).first).to_be_visible()
        after(page, lambda: page.clock.fast_forward(11_000))
        page.route(QUERY, lambda route: route.fulfill(status=503, json={"detail": "the disk is full"}))
        page.clock.fast_forward(11_000)
        expect(page.get_by_test_id("hint")).to_contain_text("The history cannot be read: the disk is full.")
        expect(page.get_by_test_id("veil")).to_be_hidden()
        page.unroute(QUERY)
        after(page, lambda: page.clock.fast_forward(11_000))
        expect(page.get_by_test_id("hint")).to_be_empty()
        after(page, lambda: drag(page, 0.2, 0.8))
        seen = loads(page)
        page.clock.fast_forward(60_000)
        after(page, page.get_by_test_id("refresh").click)
        assert loads(page) == seen + 1


def test_a_session_that_is_over_leads_to_the_login_page_and_back(opened: Opener) -> None:
    with opened.context() as context:
        page = context.new_page()
        page.goto(f"{opened.url}/history?range=6h&host=nas")
        expect(rows(page).first).to_be_visible()
        context.clear_cookies()
        page.get_by_test_id("refresh").click()
        expect(page).to_have_url(re.compile(r"/login\?.*range%3D6h"))
