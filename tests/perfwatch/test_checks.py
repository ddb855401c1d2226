from __future__ import annotations

import json

import click
import msgspec
import pytest

from perfwatch.checks import Check, as_json, as_table, decode, encode, well

CHECKS = [
    Check("collector", "cpu", "ok", "16 of 16 fields"),
    Check("collector", "perf_events", "absent", "perf is not installed", "install it"),
    Check("broker", "connection", "failed", "mqtt://nas:1883 cannot be reached", "start the broker"),
]


def test_checks_go_from_one_process_to_another_line_by_line() -> None:
    assert decode("\n".join(encode(check) for check in CHECKS) + "\n") == CHECKS


def test_a_line_that_is_no_check_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode('{"part": "collector", "name": "cpu", "state": "perhaps"}')


def test_what_is_absent_is_well_and_what_failed_is_not() -> None:
    assert well(CHECKS[:2])
    assert not well(CHECKS)


def test_the_table_has_a_head_for_each_part_and_advice_below_its_line() -> None:
    assert click.unstyle(as_table(CHECKS)).splitlines() == [
        "collector",
        "  ok      cpu          16 of 16 fields",
        "  absent  perf_events  perf is not installed",
        "                       → install it",
        "broker",
        "  failed  connection   mqtt://nas:1883 cannot be reached",
        "                       → start the broker",
    ]


def test_json_says_whether_all_is_well() -> None:
    told = json.loads(as_json(CHECKS))
    assert told["ok"] is False
    assert told["checks"][2]["advice"] == "start the broker"
