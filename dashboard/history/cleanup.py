"""`/api/retention/cleanup`: removing what is older than the policy keeps, and how far that is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.web.responses import problem
from perfwatch.history.pacing import paced
from perfwatch.history.rollup import stages, total
from perfwatch.history.store import TieredStore, Work


class CleanupApi:
    """One cleanup at a time. A store does not know beforehand how much it will be: what is done is told."""

    def __init__(self, store: TieredStore) -> None:
        self._store = store
        self._stage: str | None = None
        self._began = 0.0
        self._done = Work()

    def routes(self) -> list[Route]:
        path = "/api/retention/cleanup"
        return [Route(path, self.show, methods=["GET"]), Route(path, self.clean, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        if self._stage is None:
            return JSONResponse({"stage": None})
        return JSONResponse({"stage": self._stage, **self._told()})

    async def clean(self, request: Request) -> Response:
        if self._stage is not None:
            return problem(409, "A cleanup is running already: ask again when it has answered")
        self._stage, self._began, self._done = "begin", time.monotonic(), Work()
        try:
            policy = await asyncio.to_thread(self._store.policy)
            for stage, steps in stages(self._store, policy, time.time_ns() // 1_000_000).items():
                self._stage = stage
                await paced(self._noted(steps), self._store.rest)
        finally:
            self._stage = None
        return JSONResponse({**self._told(), "policy": msgspec.to_builtins(policy)})

    def _noted(self, steps: Iterator[Work]) -> Iterator[Work]:
        for step in steps:
            self._done = total((self._done, step))
            yield step

    def _told(self) -> dict[str, Any]:
        return {
            "rolled_up": self._done.rolled_up,
            "removed": {"raw": self._done.raw, "rollups": self._done.rollups},
            "seconds": round(time.monotonic() - self._began, 3),
        }
