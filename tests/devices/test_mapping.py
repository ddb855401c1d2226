from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from devices.mapping import made
from devices.taker import Taker
from devices.values import Unusable
from perfwatch.devices.file import parsed
from perfwatch.errors import SettingError
from perfwatch.topics import Topics
from tests.devices.taking import NOW, readings

SOIL = """topic = "lora/{device}/up"
metric = "soil"
path = "data.0.m"
field = "moisture"
unit = "%"
scale = 0.1"""


def mapped(text: str) -> Taker:
    return Taker(made(parsed(text).mapping, UTC), Topics())


@pytest.mark.parametrize(
    ("mapping", "topic", "payload", "name", "expected"),
    [
        ('topic = "g/{device}/{metric}"', "g/bed/rain", "31", "perfwatch/bed/rain", {"value": 31}),
        (SOIL, "lora/b 2/up", '{"data": [{"m": 312}]}', "perfwatch/b 2/soil", {"moisture_percent": 31.2}),
        (
            'topic = "solar/#"\ndevice = "roof"\nmetric = "pv"',
            "solar/a/b",
            '{"power": 5}',
            "perfwatch/roof/pv",
            {"power_watts": 5},
        ),
        (
            'topic = "N/+/{device}/#"\npath = "value"',
            "N/c0ff/vebus/276/Ac/Out/L1/Power",
            '{"value": 812}',
            "perfwatch/vebus/276_ac_out_l1_power",
            {"value_watts": 812},
        ),
        ('topic = "a/+/c"\ndevice = "x"', "a/b/c", "on", "perfwatch/x/c", {"value": 1, "value_text": "on"}),
    ],
)
def test_a_mapping_takes_what_it_says(
    mapping: str, topic: str, payload: str, name: str, expected: dict[str, Any]
) -> None:
    found = readings(mapped(f"[[mapping]]\n{mapping}"), topic, payload)[name]
    del found["timestamp"]
    assert found == expected


def test_the_examples_of_the_documentation_are_mappings() -> None:
    text = (Path(__file__).parents[2] / "docs" / "devices.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert [len(made(parsed(one).mapping, UTC)) for one in examples] == [2, 4]


@pytest.mark.parametrize(
    "text",
    [
        "[[mapping]]\n",
        "[[mapping]]\ntopic = ''",
        "[[mapping]]\ntopic = 'a/#/b'",
        "[[mapping]]\ntopic = 'a/{other}'",
        "[[mapping]]\ntopic = 'a/x{device}'",
        "[[mapping]]\ntopic = '{device}/{device}'",
        "[[mapping]]\ntopic = 'a'\nunit = 'furlong'",
        "[[mapping]]\ntopic = 'a'\nkind = 'x'",
        "[[mapping]]\ntopik = 'a'",
        "[[mapping",
        "\ufffe",
    ],
)
def test_a_mapping_that_cannot_be_one_is_named(text: str) -> None:
    with pytest.raises(SettingError, match=r"devices\.toml"):
        mapped(text)


@pytest.mark.parametrize(
    ("mapping", "payload"),
    [
        ('path = "a.b"', '{"a": 1}'),
        ('kind = "number"', "on"),
        ('kind = "state"', "5"),
        ('field = "x"', '{"a": 1}'),
    ],
)
def test_what_is_not_as_the_mapping_says_is_refused(mapping: str, payload: str) -> None:
    with pytest.raises(Unusable):
        mapped(f"[[mapping]]\ntopic = 't'\n{mapping}").take("t", payload.encode(), NOW)
