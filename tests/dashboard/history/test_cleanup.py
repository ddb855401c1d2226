"""How far a cleanup is, while it runs. What it does in each store is in test_retention.py."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from starlette.applications import Starlette

from dashboard.history.cleanup import CleanupApi
from perfwatch.history.policy import DAY_MS
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Point, Work

CLEANUP = "/api/retention/cleanup"


class Held(SqliteStore):
    """A store that, before it thins, waits until it may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def thin(self, before: int) -> Iterator[Work]:
        self.reached.set()
        assert self.go_on.wait(60)
        yield from super().thin(before)


async def test_a_cleanup_tells_what_it_is_doing_and_has_done_so_far(tmp_path: Path) -> None:
    now = time.time_ns() // 1_000_000
    with Held(tmp_path / "history.db") as store:
        store.write([Point("cpu", "nas", "", "", now - day * DAY_MS, {"user": 1.0}) for day in (1, 10, 40)])
        app = httpx.ASGITransport(Starlette(routes=CleanupApi(store).routes()))
        async with httpx.AsyncClient(transport=app, base_url="http://test") as client:
            assert (await client.get(CLEANUP)).json() == {"stage": None}
            cleaning = asyncio.create_task(client.post(CLEANUP))
            assert await asyncio.to_thread(store.reached.wait, 20)
            told = (await client.get(CLEANUP)).json()
            assert told.pop("seconds") > 0
            assert told == {"stage": "thin", "rolled_up": 2, "removed": {"raw": 1, "rollups": 0}}
            assert (await client.post(CLEANUP)).status_code == 409
            store.go_on.set()
            done = (await cleaning).json()
            assert done["removed"] == {"raw": 2, "rollups": 0}
            assert (await client.get(CLEANUP)).json() == {"stage": None}
