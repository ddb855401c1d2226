"""`GET /api/system`: what each part says of itself."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.history.queries import Queries
from dashboard.live.bridges import Bridges
from dashboard.live.hub import Hub
from dashboard.live.subscriber import Subscriber
from perfwatch import distribution
from perfwatch.admin.denied import denied_path
from perfwatch.errors import StoreError
from perfwatch.history.store import Tier, TieredStore
from perfwatch.readings.codec import format_time, from_ms

_COUNTING_SECONDS = 60.0


class Where(NamedTuple):
    """Where the history is: `kind` for people, `address` without its secrets."""

    kind: str
    address: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.address}"


class SystemApi:
    """Answers whatever is away: a part that does not tell is null, or says why.

    `patient` is the same history as `store`, for what takes it longer. `folder` is the data folder, where
    `perfwatch up` leaves what its broker denied.
    """

    def __init__(
        self,
        hub: Hub,
        bridges: Bridges,
        subscriber: Subscriber,
        store: TieredStore,
        patient: TieredStore,
        place: Where,
        queries: Queries,
        folder: Path,
    ) -> None:
        self._hub = hub
        self._bridges = bridges
        self._subscriber = subscriber
        self._store = store
        self._patient = patient
        self._place = place
        self._queries = queries
        self._denied = denied_path(folder)
        self._started = time.monotonic()

    def routes(self) -> list[Route]:
        return [Route("/api/system", self.system), Route("/api/system/tiers", self.tiers)]

    async def system(self, request: Request) -> Response:
        return JSONResponse(
            {
                "version": distribution.VERSION,
                "python": platform.python_version(),
                "platform": platform.platform(),
                "dashboard": self._dashboard(),
                "broker": self._broker(),
                "store": await self._history(request),
                "bridges": self._bridges.described(),
                "collectors": [_collector(host) for host in self._hub.hosts() if host["info"]],
            }
        )

    async def tiers(self, request: Request) -> Response:
        """Counted row by row, which takes seconds in a large history: so it is asked for by itself."""
        tiers = await self._queries.run(request, self._patient.tiers, deadline=_COUNTING_SECONDS)
        return JSONResponse({"tiers": [_tier(tier) for tier in tiers]})

    def _dashboard(self) -> dict[str, Any]:
        return {
            "uptime_seconds": round(time.monotonic() - self._started),
            "memory_bytes": _resident_bytes(),
            "viewers": self._hub.viewers,
        }

    def _broker(self) -> dict[str, Any]:
        subscriber = self._subscriber
        return {
            "address": str(subscriber.broker),
            "connected": subscriber.connected,
            "since": subscriber.since,
            "version": subscriber.broker_version,
            "denied": _denied(self._denied),
        }

    async def _history(self, request: Request) -> dict[str, Any]:
        told = {"kind": self._place.kind, "place": self._place.address}
        try:
            span = await self._queries.run(request, self._store.span)
        except StoreError as exc:
            return told | {"bytes": None, "oldest": None, "newest": None, "problem": str(exc)}
        ends = {"oldest": span.oldest, "newest": span.newest}
        times = {name: format_time(end) if end else None for name, end in ends.items()}
        return told | {"bytes": span.bytes, **times, "problem": None}


def _denied(path: Path) -> list[dict[str, str]]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[dict[str, str]])
    except (OSError, msgspec.DecodeError):  # no broker of ours, or it has denied nothing
        return []


def _collector(host: dict[str, Any]) -> dict[str, Any]:
    info = host["info"]
    told = {name: info[name] for name in ("version", "interval", "sources")}
    return {"host": host["host"], "status": host["status"], **told, "twin": info.get("twin")}


def _tier(tier: Tier) -> dict[str, Any]:
    return tier._asdict() | {"oldest": _time(tier.oldest), "newest": _time(tier.newest)}


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else format_time(from_ms(milliseconds))


def _resident_bytes() -> int | None:
    """The memory that this process has in RAM; None where the kernel does not tell, as on macOS."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
