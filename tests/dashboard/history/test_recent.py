"""What `GET /api/history/recent` answers: the figures of some hosts over five minutes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from dashboard.history.known import KnownSeries
from dashboard.history.queries import Queries
from dashboard.history.recent import RecentApi
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point

NOW = 1_795_435_200_000


def test_figures_of_some_hosts_come_at_once_and_of_several_parts_the_largest_counts(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "history.db") as store:
        at = NOW - 20_000
        store.write(
            [
                Point("cpu", "nas", "", "", at, {"usage_percent": 12.34, "user": 1}),
                Point("cpu", "nas", "", "", NOW - 600_000, {"usage_percent": 99}),
                Point("disk", "nas", "mountpoint", "/", at, {"usage_percent": 10}),
                Point("disk", "nas", "mountpoint", "/srv", at + 10_000, {"usage_percent": 20}),
                Point("disk", "nas", "mountpoint", "/srv", at, {"usage_percent": 30}),
                Point("sensors", "nas", "sensor", "loose", at, {"celsius": 127}),
                Point("sensors", "nas", "sensor", "cpu", at, {"celsius": 45}),
                Point("cpu", "pi", "", "", at, {"usage_percent": 50}),
            ]
        )
        api = RecentApi(store, KnownSeries(store, "SQLite here"), Queries("SQLite here"))
        found = msgspec.json.decode(api.answer(frozenset({"nas", "nobody"}), NOW))
    assert found == {
        "times": [at, at + 10_000],
        "hosts": {"nas": {"cpu": [12.3, None], "disk": [30, 20], "temperature": [45, None]}},
    }
