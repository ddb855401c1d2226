"""`GET /health`: whether all that the dashboard needs is there. Needs no login, tells no secrets."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.live.bridges import Bridges
from dashboard.live.subscriber import Subscriber
from perfwatch.beat import beat
from perfwatch.errors import StoreError, Unsupported
from perfwatch.history.store import TieredStore
from perfwatch.workers import Workers

EVERY_SECONDS, DEADLINE_SECONDS = 5.0, 5.0

_log = logging.getLogger(__name__)


class StoreProbe:
    """Asks the history at `place` again and again whether it is well.

    `problem` is what it answered last: None when it is. `unreadable` is why its server, which takes writes
    and is well, will never be read; None where it is read.
    """

    def __init__(self, store: TieredStore, place: str) -> None:
        self._store = store
        self._place = place
        self._workers = Workers("whether the history is well", 1)
        self.problem: str | None = "not asked yet"
        self.unreadable: str | None = None

    async def run(self) -> None:
        told = False
        while True:
            self.problem = await self._ask()
            if self.unreadable and not told:
                _log.warning("%s; the pages show what is live, and no history", self.unreadable)
                told = True
            await beat(EVERY_SECONDS)

    async def _ask(self) -> str | None:
        try:
            # Soon told, however large the history is.
            await self._workers.run(self._store.policy, deadline=DEADLINE_SECONDS)
        except TimeoutError:
            return f"{self._place} did not answer within {DEADLINE_SECONDS:g} s"
        except Unsupported as exc:
            self.unreadable = str(exc)
        except StoreError as exc:
            return str(exc)
        return None


class HealthApi:
    """Names the part that does not answer, at once: from what is known.

    A history that can be read and that no bridge can write to does not count as well. One that takes writes
    only does, and `history` says so.
    """

    def __init__(self, subscriber: Subscriber, store: StoreProbe, bridges: Bridges) -> None:
        self._subscriber = subscriber
        self._store = store
        self._bridges = bridges

    def routes(self) -> list[Route]:
        return [Route("/health", self.health)]

    async def health(self, request: Request) -> Response:
        broker = None if self._subscriber.connected else f"not connected to {self._subscriber.broker}"
        store = self._store.problem or self._bridges.problem
        problems = {name: text for name, text in (("broker", broker), ("store", store)) if text}
        answer = {"broker": broker or "ok", "store": store or "ok"}
        if self._store.unreadable:
            answer["history"] = f"write only: {self._store.unreadable}"
        if not problems:
            return JSONResponse({"status": "ok", **answer})
        detail = "; ".join(f"{name}: {text}" for name, text in problems.items())
        return JSONResponse({"status": "unavailable", "detail": detail, **answer}, 503)
