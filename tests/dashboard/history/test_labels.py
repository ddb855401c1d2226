from __future__ import annotations

from dashboard.history import labels
from perfwatch.readings.core import READINGS


def test_every_declared_metric_has_a_label() -> None:
    assert set(READINGS) <= set(labels.METRICS)


def test_a_metric_of_somebody_elses_is_shown_by_its_own_name() -> None:
    assert labels.metric_label("living_room") == "Living room"


def test_a_field_that_nobody_named_is_said_without_its_unit() -> None:
    assert [labels.field_label(name) for name in ("supply_volts", "rain_per_sec")] == ["Supply", "Rain"]


def test_a_name_that_is_all_ending_is_still_shown() -> None:
    assert labels.field_label("_bytes") != ""


def test_parts_are_named_by_their_kind() -> None:
    assert labels.part_label("core", "3") == "Core 3"
    assert labels.part_label("mountpoint", "/srv") == "/srv"
    assert labels.part_label("", "") == "Whole host"
