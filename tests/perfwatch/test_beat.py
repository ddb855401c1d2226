"""Whoever looks now and then wakes up when all others do."""

from __future__ import annotations

import pytest

from perfwatch import beat


@pytest.mark.parametrize(("now", "seconds", "left"), [(1000.0, 5, 5), (1003.5, 5, 1.5), (1003.75, 0.5, 0.25)])
def test_a_beat_is_at_a_multiple_of_its_length(
    now: float, seconds: float, left: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.monotonic", lambda: now)
    assert beat.until_beat(seconds) == left
