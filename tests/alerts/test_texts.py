"""What is said of a rule, in words."""

from __future__ import annotations

import pytest

from alerts.texts import duration, number, text
from perfwatch.alerting.machine import Track
from perfwatch.alerting.rules import load
from perfwatch.units import BYTES, CELSIUS, COUNT, MEMORY, PERCENT, Unit


@pytest.mark.parametrize(
    ("unit", "value", "written"),
    [
        (PERCENT, 90.0, "90 %"),
        (PERCENT, 90.06, "90.1 %"),
        (MEMORY, 1536, "1.5 KiB"),
        (BYTES, 2.5e12, "2.5 TB"),
        (BYTES, 1e18, "1000 PB"),
        (CELSIUS, -3.0, "-3 °C"),
        (COUNT, 100, "100"),
    ],
)
def test_a_number_is_written_as_its_unit_is(unit: Unit, value: float, written: str) -> None:
    assert number(unit, value) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.2, "0 s"), (59, "59 s"), (3600, "1 h"), (3661, "1 h 1 min"), (86400 * 3 + 7260, "3 d 2 h")],
)
def test_a_length_of_time_has_its_two_largest_parts(seconds: float, written: str) -> None:
    assert duration(seconds) == written


@pytest.mark.parametrize(
    ("rule", "part", "track", "said"),
    [
        ("disk-full", "/", Track(value=93.2, limit=90.0), "Partition almost full: / at 93.2 % (limit 90 %)"),
        ("disk-fills", "/", Track(value=32400.0, limit=86400.0), "Partition full soon: / in 9 h"),
        ("unit-failed", "a.service", Track(value="failed"), "Unit failed: a.service"),
        ("offline", "", Track(), "Host offline"),
    ],
)
def test_a_text_says_what_and_how_much(rule: str, part: str, track: Track, said: str) -> None:
    assert text(load().rules[rule], part, track) == said
