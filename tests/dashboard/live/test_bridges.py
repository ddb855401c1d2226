"""What /health makes of what the bridges say."""

from __future__ import annotations

import json

import pytest

from dashboard.live.bridges import Bridges


def report(second: int, away: bool = True) -> bytes:
    told = {
        "timestamp": f"2026-11-29T16:00:{second:02}.000Z",
        "store_away": away,
        "spooled": 3,
        "waiting": 18,
    }
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("status", "reports", "problem"),
    [
        (
            b"online",
            (report(0), report(10)),
            "the bridge 'b1' stores nothing: 3 readings wait on disk, 18 in memory",
        ),
        (b"online", (report(0), report(0)), None),  # one report, on /stats and on /health
        (b"online", (report(0), report(10, away=False), report(20)), None),
        (b"offline", (report(0), report(10)), None),
    ],
)
def test_a_bridge_that_stores_nothing_for_two_reports_is_a_problem(
    status: bytes, reports: tuple[bytes, ...], problem: str | None
) -> None:
    bridges = Bridges()
    bridges.receive("b1", "status", status)
    for payload in reports:
        bridges.receive("b1", "health", payload)
    assert bridges.problem == problem
