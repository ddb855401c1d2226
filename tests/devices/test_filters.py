from __future__ import annotations

import pytest

from devices.filters import covers, minimal


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("#", "a/+", True),
        ("#", "$SYS/x", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/+", "a/b", True),
        ("a/+", "a/#", False),
        ("+/b", "a/b", True),
        ("a/+/c", "a/b/d", False),
        ("a/b", "a/b/c", False),
    ],
)
def test_a_filter_has_another_in_it(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected


def test_what_is_left_matches_each_topic_but_once() -> None:
    assert minimal(["a/#", "a/b", "+/x", "b/x", "c"]) == ["a/#", "+/x", "c"]
