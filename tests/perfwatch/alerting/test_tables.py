"""Changes in alerts.toml: the one table that was asked for, and what people wrote stays."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwatch.alerting.rules import load, own_table, parse, shipped, table
from perfwatch.alerting.tables import put

WRITTEN = """\
# Ours.
[rules.cpu]  # busy
at_least = 90
# of all machines

# The freezer.
[rules.freezer]
kind = "threshold"
title = "Freezer"
metric = "climate"
field = "celsius"
at_least = -15

[maintenance]
"pi-*" = 2026-12-24T18:00:00Z
"""


def test_a_table_is_replaced_and_comments_stay() -> None:
    made = put(WRITTEN, ("rules", "cpu"), {"at_least": 80, "except": ["a"]})
    assert "# Ours.\n" in made
    assert "# The freezer.\n[rules.freezer]" in made
    assert tomllib.loads(made)["rules"]["cpu"] == {"at_least": 80, "except": ["a"]}


def test_an_empty_table_takes_it_away() -> None:
    made = tomllib.loads(put(WRITTEN, ("rules", "freezer"), {}))
    assert made["rules"].keys() == {"cpu"}
    assert made["maintenance"]


def test_a_new_one_comes_at_the_end() -> None:
    assert put("", ("rules", "x"), {"title": 'a "b"\n'}) == '[rules.x]\ntitle = "a \\"b\\"\\n"\n'


def test_maintenance_is_a_table_too() -> None:
    until = datetime(2027, 1, 1, tzinfo=UTC)
    assert tomllib.loads(put(WRITTEN, ("maintenance",), {"nas": until}))["maintenance"] == {"nas": until}


@pytest.mark.parametrize("text", ["rules.cpu.at_least = 90\n", "[rules]\ncpu = { at_least = 90 }\n"])
def test_what_is_written_otherwise_is_written_anew(text: str) -> None:
    made = tomllib.loads(put(text, ("rules", "cpu"), {"enabled": False}))
    assert made == {"rules": {"cpu": {"enabled": False}}}


KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
VALUES: Any = st.one_of(
    KEYS, st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False),
    st.lists(KEYS, max_size=3),
)  # fmt: skip
TABLES = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


@settings(max_examples=50)
@given(st.dictionaries(KEYS, TABLES, max_size=3), KEYS, TABLES)
def test_any_table_reads_back(others: dict[str, Any], name: str, wanted: dict[str, Any]) -> None:
    text = ""
    for other, content in others.items():
        text = put(text, ("rules", other), content)
    assert tomllib.loads(put(text, ("rules", name), wanted))["rules"] == {**others, name: wanted}


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_rule_as_a_table_is_the_rule_again(name: str) -> None:
    rule = load().rules[name]
    assert parse(name, table(rule)) == rule
    assert own_table(name, rule) == {}


@pytest.mark.parametrize(
    ("change", "own"),
    [
        ({"enabled": False}, {"enabled": False}),
        ({"for": "5m"}, {"for": "5m"}),
        ({"except": ["nas"], "quiet": "22:00-07:00"}, {"except": ["nas"], "quiet": "22:00-07:00"}),
    ],
)
def test_of_a_rule_that_ships_only_the_change_is_written(change: dict[str, Any], own: dict[str, Any]) -> None:
    rule = parse("disk-full", {**shipped()["disk-full"], **change})
    assert own_table("disk-full", rule) == own
    assert load(put("", ("rules", "disk-full"), own)).rules["disk-full"] == rule


def test_what_has_less_than_the_one_that_ships_is_written_in_full() -> None:
    said = {key: value for key, value in shipped()["disk-full"].items() if key != "clear"}
    rule = parse("disk-full", said)
    own = own_table("disk-full", rule)
    assert own["kind"] == "threshold"
    assert load(put("", ("rules", "disk-full"), own)).rules["disk-full"] == rule
