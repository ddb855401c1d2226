from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.views import ranges
from dashboard.views.ranges import MOST_POINTS, Range

NOW = datetime(2026, 11, 23, 14, 8, 38, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "interval"),
    [
        ("15m", 5_000),
        ("1h", 15_000),
        ("6h", 120_000),
        ("24h", 300_000),
        ("7d", 3_600_000),
        ("30d", 10_800_000),
    ],
)
def test_each_range_has_round_buckets(name: str, interval: int) -> None:
    assert ranges.recent(name, NOW).interval == interval


@given(st.integers(1, 365 * 86_400_000))
def test_a_line_never_has_more_points_than_a_screen_shows(span: int) -> None:
    assert span / Range(0, span).interval <= MOST_POINTS


def test_a_range_ends_now() -> None:
    stop = round(NOW.timestamp() * 1000)
    assert ranges.recent("15m", NOW) == Range(stop - 900_000, stop)


def test_a_range_without_length_is_none() -> None:
    assert ranges.between(NOW, NOW) is None
    assert ranges.between(NOW, NOW - timedelta(hours=1)) is None
    assert ranges.between(NOW - timedelta(hours=1), NOW) is not None


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd", "/etc/localtime"])
def test_a_zone_that_is_not_known_is_utc(name: str | None) -> None:
    assert ranges.zone(name).key == "UTC"


def test_a_time_is_said_in_the_readers_zone() -> None:
    assert ranges.said(round(NOW.timestamp() * 1000), ranges.zone("Europe/Berlin")) == "23 Nov 2026, 15:08:38"


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-11-23T14:08:38", "2026-13-01T00:00:00Z"])
def test_a_time_in_a_link_that_is_no_moment_is_none(text: str | None) -> None:
    assert ranges.read_time(text) is None


def test_a_time_in_a_link_is_read_with_its_zone() -> None:
    assert ranges.read_time("2026-11-23T14:08:38.000Z") == NOW


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(15_000, "15 s"), (500, "0.5 s"), (300_000, "5 min"), (10_800_000, "3 h")]
)
def test_a_buckets_length_is_said_in_its_largest_unit(milliseconds: int, words: str) -> None:
    assert ranges.words(milliseconds) == words
