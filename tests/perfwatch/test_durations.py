from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.durations import format_ms, parse_ms


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("5s", 5000),
        ("1m30s", 90_000),
        ("500ms", 500),
        ("1h", 3_600_000),
        ("7d", 604_800_000),
        ("1.5h", 5_400_000),
    ],
)
def test_go_style_durations(text: str, milliseconds: int) -> None:
    assert parse_ms(text) == milliseconds


@pytest.mark.parametrize(("text", "milliseconds"), [("5", 5000), ("0.5", 500), (" 2 ", 2000)])
def test_plain_numbers_are_seconds(text: str, milliseconds: int) -> None:
    assert parse_ms(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "soon", "5 s", "5x", "1h-5m", "nan", "inf", "m5", "٣s", "9" * 400 + "h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_ms(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_what_is_formatted_is_parsed_back(milliseconds: int) -> None:
    assert parse_ms(format_ms(milliseconds)) == milliseconds
