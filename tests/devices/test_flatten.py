from __future__ import annotations

from typing import Any

import pytest

from devices.flatten import MAX_DEPTH, MAX_FIELDS, MAX_ITEMS, flatten
from devices.names import Names, metric_name


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ({"a": {"b": [1, 2]}}, {"a_b_0": 1, "a_b_1": 2}),
        ({"DewPoint": 7}, {"dew_point_celsius": 7}),
        ({"temperature_c": 7}, {"temperature_celsius": 7}),
        ({"temperature_F": 70}, {"temperature_fahrenheit": 70}),
        ({"temperature_celsius": 7}, {"temperature_celsius": 7}),
        ({"color_temp": 325}, {"color_temp": 325}),
        ({"power": 5}, {"power_watts": 5}),
        ({"power": "ON"}, {"power": 1, "power_text": "ON"}),
        ({"temperature": None}, {"temperature_celsius": None}),
        ({"temperature": "unavailable"}, {"temperature_celsius": None}),
        ({"temperature": float("inf")}, {"temperature_celsius": None}),
        ({"action": "single"}, {"action_text": "single"}),
        ({"": 1, "+": 2}, {}),
    ],
)
def test_an_object_becomes_named_fields(content: dict[str, Any], fields: dict[str, Any]) -> None:
    assert flatten(content, Names()) == fields


def test_depth_items_and_fields_have_bounds() -> None:
    deep: Any = 1
    for _ in range(50):
        deep = {"a": deep}
    assert flatten({"x": deep}, Names()) == {}
    assert len(flatten({"x": list(range(1000))}, Names())) == MAX_ITEMS
    assert len(flatten({f"f{i}": i for i in range(5000)}, Names())) == MAX_FIELDS
    assert MAX_DEPTH < 50


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("disk",), "disk_reading"),
        (("status",), "status_reading"),
        (("Switch:0",), "switch_0"),
        (("+",), "value"),
    ],
)
def test_a_metric_never_means_what_a_collector_would_say(parts: tuple[str, ...], name: str) -> None:
    assert metric_name(*parts) == name
