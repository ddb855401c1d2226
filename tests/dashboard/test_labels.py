from __future__ import annotations

import pytest

from dashboard import labels
from dashboard.labels import Unit
from perfwatch.readings import READINGS


@pytest.mark.parametrize(
    ("metric", "field", "unit"),
    [
        ("cpu", "usage_percent", labels.PERCENT),
        ("cpu", "iowait", labels.PERCENT),
        ("cpu", "load_average_5", labels.NUMBER),
        ("cpu", "frequency_mhz", labels.MEGAHERTZ),
        ("cpu", "temperature_celsius", labels.CELSIUS),
        ("cpu", "context_switches", labels.COUNT),
        ("memory", "used_bytes", labels.MEMORY),
        ("network", "bytes_recv_per_sec", labels.RATE),
        ("network", "bytes_recv", labels.BYTES),
        ("network", "packets_sent_per_sec", labels.PER_SECOND),
        ("disk", "read_bytes_per_sec", labels.RATE),
        ("disk", "read_bytes", labels.BYTES),
        ("disk", "read_iops", labels.PER_SECOND),
        ("disk", "write_latency_ms", labels.MILLISECONDS),
        ("disk", "used_bytes", labels.BYTES),
    ],
)
def test_the_unit_is_in_the_name(metric: str, field: str, unit: Unit) -> None:
    assert labels.unit_of(metric, field) is unit


def test_units_of_what_only_some_machines_have() -> None:
    fields = {
        "celsius": labels.CELSIUS,
        "rpm": labels.RPM,
        "power_watts": labels.WATTS,
        "uptime_seconds": labels.SECONDS,
        "some_stall_ms_per_sec": labels.STALLED,
    }
    assert {field: labels.unit_of("sensors", field) for field in fields} == fields


def test_every_declared_metric_has_a_label() -> None:
    assert set(READINGS) <= set(labels.METRICS)


def test_a_metric_of_somebody_elses_is_shown_by_its_own_name() -> None:
    assert labels.metric_label("living_room") == "Living room"


def test_a_name_that_is_all_ending_is_still_shown() -> None:
    assert labels.field_label("_bytes") != ""


def test_parts_are_named_by_their_kind() -> None:
    assert labels.part_label("core", "3") == "Core 3"
    assert labels.part_label("mountpoint", "/srv") == "/srv"
    assert labels.part_label("", "") == "Whole host"
