from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from collector.home_assistant.parts import MOST, assign

NAMES = st.text("abcdef", min_size=1, max_size=3)


def test_what_fits_is_one_part_and_the_rest_goes_into_the_next() -> None:
    assert assign({"a": 4, "b": 4, "c": 4}, {}, 10) == {"a": 1, "b": 1, "c": 2}


def test_what_has_a_part_keeps_it_when_others_come_and_go() -> None:
    assert assign({"a": 4, "b": 4, "c": 4}, {"c": 1, "b": 2}, 8) == {"c": 1, "b": 2, "a": 1}


@given(st.dictionaries(NAMES, st.integers(1, 10)), st.dictionaries(NAMES, st.integers(1, 5)))
def test_no_part_is_larger_than_its_room_and_nothing_goes_into_an_earlier_one(
    sizes: dict[str, int], before: dict[str, int]
) -> None:
    parts, filled = assign(sizes, before, 20), Counter[int]()
    for key, part in parts.items():
        filled[part] += sizes[key]
        assert part >= before.get(key, 1)
    assert parts.keys() == sizes.keys()
    assert all(size <= 20 for part, size in filled.items() if part < MOST)
