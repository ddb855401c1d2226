"""Rules as they are written, and what is said of those that cannot be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perfwatch.alerting.rules import Forecast, Hours, Threshold, load
from perfwatch.errors import RuleError

THRESHOLD = '[rules.x]\nkind = "threshold"\ntitle = "X"\nmetric = "cpu"\nfield = "user"\n'


def test_the_default_set_is_on() -> None:
    rules = load().of("nas")
    assert {"disk-full", "disk-fills", "memory", "swapping", "cpu", "temperature"} < rules.keys()
    assert {
        "offline",
        "unit-failed",
        "container",
        "container-unhealthy",
        "raid",
        "ups",
        "clock",
    } < rules.keys()


def test_a_table_changes_what_it_says_and_leaves_the_rest() -> None:
    rule = load('[rules.disk-full]\nat_least = 95\nexcept = ["lab-*"]').rules["disk-full"]
    assert isinstance(rule, Threshold)
    assert (rule.at_least, rule.clear, float(rule.hold)) == (95, 88, 60)
    assert rule.exceptions == ("lab-*",)


@pytest.mark.parametrize(
    ("host", "concerned"), [("nas", True), ("pi-1", True), ("pi-lab", False), ("desk", False)]
)
def test_hosts_by_name_by_pattern_and_with_exceptions(host: str, concerned: bool) -> None:
    rule = load(THRESHOLD + 'at_least = 1\nhosts = ["nas", "pi-*"]\nexcept = ["*lab"]').rules["x"]
    assert rule.concerns(host) is concerned


def test_hosts_by_tag_with_exceptions() -> None:
    rule = load(THRESHOLD + 'at_least = 1\nhosts = ["room=cellar"]\nexcept = ["role=test*"]').rules["x"]
    assert rule.concerns("nas", {"room": "cellar"})
    assert not rule.concerns("pi", {"room": "cellar", "role": "testing"})
    assert not rule.concerns("room")


def test_a_rule_that_is_off_concerns_nobody() -> None:
    assert "cpu" not in load("[rules.cpu]\nenabled = false").of("nas")


def test_lengths_of_time_are_written_as_everywhere() -> None:
    rule = load('[rules.disk-fills]\nwithin = "1d"\nwindow = 3600\nremind = "30m"').rules["disk-fills"]
    assert isinstance(rule, Forecast)
    assert [float(one) for one in (rule.within, rule.window, rule.remind)] == [86400, 3600, 1800]


def test_quiet_hours_go_over_midnight() -> None:
    quiet = load('[rules.cpu]\nquiet = "22:00-07:00"').rules["cpu"].quiet
    assert quiet is not None
    assert [quiet.has(60 * hour) for hour in (21, 22, 0, 6, 7)] == [False, True, True, True, False]


def test_quiet_hours_within_a_day() -> None:
    assert [Hours((600, 660)).has(minute) for minute in (599, 600, 659, 660)] == [False, True, True, False]


def test_maintenance_is_until_a_moment() -> None:
    rules = load('[maintenance]\n"pi-*" = 2026-11-30T10:00:00Z')
    until = datetime(2026, 11, 30, 10, tzinfo=UTC)
    assert rules.paused("pi-1", until - timedelta(seconds=1))
    assert not rules.paused("pi-1", until)
    assert not rules.paused("nas", until - timedelta(seconds=1))


def test_maintenance_is_of_a_tag_too() -> None:
    rules = load('[maintenance]\n"room=cell*" = 2026-11-30T10:00:00Z')
    before = datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert rules.paused("nas", before, {"room": "cellar"})
    assert not rules.paused("nas", before, {"room": "attic"})
    assert not rules.paused("nas", before)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rules", "is not TOML"),
        ("[rulez.x]\nkind = 'offline'", "'rulez'"),
        ("rules = 3", "not tables"),
        ("[rules.'A b']\nkind = 'offline'\ntitle = 'x'", "'A b'"),
        ("[rules.x]\ntitle = 'x'", "`kind`"),
        ("[rules.x]\nkind = 'weather'\ntitle = 'x'", "weather"),
        ("[rules.cpu]\nlimit = 3", "`limit`"),
        ("[rules.cpu]\nseverity = 'awful'", "awful"),
        ("[rules.cpu]\nfor = 'soon'", "'soon'"),
        ("[rules.cpu]\nfor = '-5'", "'-5'"),
        ("[rules.cpu]\nquiet = '22-7'", "'22-7'"),
        ("[rules.cpu]\nclear = 99", "beyond the limit"),
        ("[rules.cpu]\nat_least = nan", "finite"),
        ("[rules.disk-fills]\nwindow = '0s'", "above 0"),
        ("[rules.cpu]\nat_most = 3", "one of at_least and at_most"),
        (THRESHOLD, "one of at_least and at_most"),
        (THRESHOLD + "at_least = 1\nstatistic = 'mean'", "window"),
        (THRESHOLD + "at_least = 1\nwindow = '5m'", "window"),
        (
            "[rules.x]\nkind = 'unusual'\ntitle = 'X'\nmetric = 'cpu'\nfield = 'user'\ndays = 1",
            "days the larger",
        ),
        ("[maintenance]\nnas = 2026-11-30T10:00:00", "zone"),
        ("[maintenance]\nnas = 'soon'", "maintenance"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        load(text)
