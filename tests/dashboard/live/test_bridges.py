"""What /health makes of what the bridges say."""

from __future__ import annotations

import pytest

from dashboard.live.bridges import Bridges

STUCK = b'{"store_away":true,"spooled":3,"waiting":18}'


@pytest.mark.parametrize(
    ("status", "health", "problem"),
    [
        (b"online", STUCK, "the bridge 'b1' stores nothing: 3 readings wait on disk, 18 in memory"),
        (b"online", STUCK.replace(b"true", b"false"), None),
        (b"offline", STUCK, None),
    ],
)
def test_a_bridge_that_cannot_store_is_a_problem(status: bytes, health: bytes, problem: str | None) -> None:
    bridges = Bridges()
    bridges.receive("b1", "status", status)
    bridges.receive("b1", "health", health)
    assert bridges.problem == problem
