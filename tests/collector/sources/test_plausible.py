from __future__ import annotations

import math

import pytest

from collector.sources.plausible import (
    CELSIUS,
    COUNT,
    PERCENT,
    RPM,
    Limits,
    at_most,
    count,
    integer,
    plausible,
)


@pytest.mark.parametrize(
    ("number", "limits", "expected"),
    [
        (250.0, CELSIUS, 250.0),
        (250.1, CELSIUS, None),
        (-55.0, CELSIUS, -55.0),
        (3892313.987, CELSIUS, None),
        (0, RPM, 0),
        (65534, RPM, 65534),
        (65535, RPM, None),
        (-1, RPM, None),
        (100.01, PERCENT, None),
        (2**64 - 5, COUNT, None),
        (math.nan, PERCENT, None),
        (math.inf, COUNT, None),
        (None, COUNT, None),
    ],
)
def test_what_no_machine_can_have_is_null(
    number: float | None, limits: Limits, expected: float | None
) -> None:
    assert plausible(number, limits) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12), (b"7", 7), ("18446744073709551488", None), ("-3", None), ("x", None), ("", None)],
)
def test_a_counter_is_a_number_of_things(text: str | bytes, expected: int | None) -> None:
    assert count(text) == expected


def test_a_part_is_no_more_than_the_whole() -> None:
    assert [at_most(5, 9), at_most(9, 9), at_most(10, 9), at_most(None, 9), at_most(5, None)] == [
        5,
        9,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000, "-" + "9" * 30, "1e3", "nan", "", str(2**64)])
def test_what_the_kernel_cannot_count_is_no_number(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # int's own words, or ours
        integer(text)


def test_a_number_of_64_bits_is_one() -> None:
    assert (integer("18446744073709551615"), integer(b"-5\n")) == (2**64 - 1, -5)
