"""`GET /health`: whether all that the dashboard needs is there. Needs no login, tells no secrets."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.live.subscriber import Subscriber
from perfwatch.errors import StoreError
from perfwatch.history.store import TieredStore


class HealthApi:
    """Names the part that does not answer."""

    def __init__(self, subscriber: Subscriber, store: TieredStore) -> None:
        self._subscriber = subscriber
        self._store = store

    def routes(self) -> list[Route]:
        return [Route("/health", self.health)]

    async def health(self, request: Request) -> Response:
        broker = None if self._subscriber.connected else f"not connected to {self._subscriber.broker}"
        store = await asyncio.to_thread(self._store_problem)
        problems = {name: text for name, text in (("broker", broker), ("store", store)) if text}
        answer = {"broker": broker or "ok", "store": store or "ok"}
        if not problems:
            return JSONResponse({"status": "ok", **answer})
        detail = "; ".join(f"{name}: {text}" for name, text in problems.items())
        return JSONResponse({"status": "unavailable", "detail": detail, **answer}, 503)

    def _store_problem(self) -> str | None:
        try:
            self._store.policy()  # soon told, however large the history is
        except StoreError as exc:
            return str(exc)
        return None
