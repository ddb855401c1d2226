"""Waits between attempts."""

from __future__ import annotations

from perfwatch.backoff import Backoff


def test_waits_double_to_half_a_minute_and_differ() -> None:
    backoff = Backoff()
    waits = [backoff.next() for _ in range(12)]
    longest = [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, longest, strict=True))
    assert len(set(waits[6:])) == 6


def test_it_begins_again_after_success() -> None:
    backoff = Backoff()
    for _ in range(8):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 0.5
