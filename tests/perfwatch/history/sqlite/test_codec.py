"""Columns come back as they were, and small."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.history.sqlite.codec import column, pack, unpack

numbers = st.lists(
    st.one_of(
        st.floats(allow_nan=False),
        st.floats(-1e4, 1e4).map(lambda value: round(value, 2)),
        st.integers(-(2**62), 2**62).map(float),
    ),
    min_size=1,
    max_size=60,
)


@given(values=numbers, times=st.lists(st.integers(-(2**46), 2**46), min_size=1, max_size=60))
def test_any_columns_come_back_as_they_were(values: list[float], times: list[int]) -> None:
    found_times, found = unpack(pack(times, column(values)))
    assert (found_times.numbers, found.floats()) == (times, values)


def test_a_part_of_a_column_can_be_packed_again() -> None:
    [held] = unpack(pack(column([4096.0] * 9)))
    [again] = unpack(pack(held._replace(numbers=held.numbers[3:])))
    assert again.floats() == [4096.0] * 6


@pytest.mark.parametrize(
    ("kind", "most"),
    [("share", 2.1), ("counter", 2.2), ("steady", 0.2), ("any float", 7.5)],
)
def test_an_hour_takes_few_bytes_a_number(kind: str, most: float) -> None:
    chance = random.Random(kind)
    times = [1_795_435_200_290 + 5000 * tick for tick in range(720)]
    values = {
        "share": [round(chance.uniform(0, 100), 2) for _ in times],
        "counter": [float(10**10 + 5000 * tick + chance.randrange(5000)) for tick in range(720)],
        "steady": [8.5e9 for _ in times],
        "any float": [chance.random() for _ in times],
    }[kind]
    assert len(pack(times, column(values))) / len(times) <= most
