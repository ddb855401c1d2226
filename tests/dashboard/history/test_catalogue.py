"""What the history holds, in the order and the words in which a page offers it."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.history.catalogue import catalogue
from perfwatch.history.store import Series

KNOWN = [
    Series("cpu", "nas", "", "", "context_switches"),
    Series("cpu", "nas", "", "", "load_average_1"),
    Series("cpu", "nas", "", "", "usage_percent"),
    *(Series("cpu", "nas", "core", str(core), "usage_percent") for core in (0, 1, 10, 2)),
    Series("cpu", "nas", "core", "0", "temperature_celsius"),
    Series("cpu", "attic", "core", "1", "usage_percent"),
    Series("disk", "nas", "mountpoint", "/", "used_bytes"),
    Series("room", "den", "", "", "celsius"),
]


@pytest.fixture(scope="module")
def metrics() -> dict[str, Any]:
    return {metric["name"]: metric for metric in catalogue(KNOWN)["metrics"]}


def test_our_metrics_come_before_those_of_others(metrics: dict[str, Any]) -> None:
    assert [(name, metric["label"]) for name, metric in metrics.items()] == [
        ("cpu", "CPU"),
        ("disk", "Disk"),
        ("room", "Room"),
    ]


def test_the_host_as_a_whole_comes_before_its_parts(metrics: dict[str, Any]) -> None:
    assert [of["tag"] for of in metrics["cpu"]["of"]] == ["", "core"]
    assert metrics["cpu"]["of"][0]["parts"] == []


def test_fields_with_a_label_come_first(metrics: dict[str, Any]) -> None:
    whole, _cores = metrics["cpu"]["of"]
    assert whole["fields"] == [
        {"name": "usage_percent", "label": "Usage", "unit": "percent"},
        {"name": "load_average_1", "label": "Load, 1 min", "unit": "number"},
        {"name": "context_switches", "label": "Context switches", "unit": "count"},
    ]


def test_cores_are_counted_not_spelled_and_say_whose_they_are(metrics: dict[str, Any]) -> None:
    assert metrics["cpu"]["hosts"] == ["attic", "nas"]
    assert metrics["cpu"]["of"][1]["parts"] == [
        {"name": "0", "label": "Core 0", "hosts": [1]},
        {"name": "1", "label": "Core 1", "hosts": [0, 1]},
        {"name": "2", "label": "Core 2", "hosts": [1]},
        {"name": "10", "label": "Core 10", "hosts": [1]},
    ]


def test_every_unit_that_a_field_has_is_explained() -> None:
    units = catalogue(KNOWN)["units"]
    assert set(units) == {"percent", "number", "count", "celsius", "bytes"}
    assert units["bytes"] == {
        "names": ("B", "kB", "MB", "GB", "TB", "PB"),
        "base": 1000,
        "digits": 2,
        "from_zero": True,
    }
    assert not units["celsius"]["from_zero"]


def test_nothing_is_offered_where_nothing_is() -> None:
    assert catalogue([]) == {"metrics": [], "units": {}}
