from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.backlog import Backlog


def drain(backlog: Backlog) -> list[tuple[str, bytes]]:
    found = []
    while waiting := backlog.take():
        found.append((waiting.topic, waiting.payload))
    return found


def test_first_in_is_first_out() -> None:
    backlog = Backlog()
    backlog.add("a", b"1")
    backlog.add("b", b"2")
    assert len(backlog) == 2
    assert drain(backlog) == [("a", b"1"), ("b", b"2")]
    assert len(backlog) == 0


def test_when_it_is_full_the_oldest_are_dropped_and_counted() -> None:
    backlog = Backlog(limit_bytes=10)
    for number in range(5):
        backlog.add("t", b"%d..." % number)
    assert drain(backlog) == [("t", b"3..."), ("t", b"4...")]
    assert [backlog.forget_dropped(), backlog.forget_dropped()] == [3, 0]


def test_it_says_once_that_it_began_to_drop() -> None:
    backlog = Backlog(limit_bytes=10)
    assert [backlog.add("t", b"12345") for _ in range(5)] == [False, False, True, False, False]
    backlog.forget_dropped()
    assert backlog.add("t", b"12345") is True


def test_what_was_taken_makes_room() -> None:
    backlog = Backlog(limit_bytes=10)
    for _ in range(20):
        assert backlog.add("t", b"1234567890") is False
        assert backlog.take() is not None


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40)), max_size=200))
def test_it_never_holds_more_than_its_limit_and_loses_only_the_oldest(steps: list[bytes | None]) -> None:
    backlog, expected, dropped = Backlog(limit_bytes=100), list[bytes](), 0
    for payload in steps:
        if payload is None:
            taken = backlog.take()
            assert (taken.payload if taken else None) == (expected.pop(0) if expected else None)
            continue
        backlog.add("t", payload)
        expected.append(payload)
        while sum(map(len, expected)) > 100:
            expected.pop(0)
            dropped += 1
    assert [payload for _, payload in drain(backlog)] == expected
    assert backlog.forget_dropped() == dropped
