from __future__ import annotations

import os

import pytest

from collector.cpu_list import online, parse, shown
from tests.collector.recording import absent


@pytest.mark.parametrize(
    ("text", "cores"), [("0", {0}), ("0-3,6", {0, 1, 2, 3, 6}), ("2,0,2", {0, 2}), ("5-5", {5})]
)
def test_lists_and_ranges(text: str, cores: set[int]) -> None:
    assert parse(text) == cores


@pytest.mark.parametrize(
    "text", ["", "all", "3-1", "1,", "-1", "1-", "a", "1 2", "0-3\n", "0-99999999", "٣", "1.5"]
)
def test_what_is_no_list_of_cores(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a list|ends before"):
        parse(text)


def test_they_are_shown_in_the_shortest_way() -> None:
    assert shown(frozenset({6, 0, 1, 2, 3, 8})) == "0-3,6,8"


def test_the_kernel_says_which_are_on() -> None:
    assert online(lambda _path: "0-2,7\n") == {0, 1, 2, 7}
    assert len(online()) <= (os.cpu_count() or 1)


def test_a_system_that_does_not_say_has_as_many_as_python_counts() -> None:
    assert online(absent) == set(range(os.cpu_count() or 1))
