"""`GET /api/hosts`: every host, whether it is there, and since when as far as can be known."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.history.known import KnownSeries
from dashboard.live.hub import Hub
from dashboard.web.requests import choice
from perfwatch.errors import StoreError
from perfwatch.history.store import HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms, now, to_ms
from perfwatch.readings.core import READINGS
from perfwatch.workers import Workers

_MINUTE, _DAY = 60_000, 86_400_000

# The history is asked no more often than this, however many pages are open: a large one has many series.
_FRESH_SECONDS = 10.0
# How long an answer waits for the history, which mostly is there at once.
_PATIENCE_SECONDS = 0.05


class HostsApi:
    """The broker tells of hosts by retained messages; of those that it forgot, the history does.

    An answer says what is known: a history that takes its time is in a later one.
    """

    def __init__(self, hub: Hub, store: HistoryStore, known: KnownSeries) -> None:
        self._hub = hub
        self._store = store
        self._known = known
        self._workers = Workers("the hosts in the history", 1)
        self._past: list[dict[str, Any]] = []
        self._wanted, self._fresh = asyncio.Event(), asyncio.Event()

    def routes(self) -> list[Route]:
        return [Route("/api/hosts", self.hosts)]

    async def run(self) -> None:
        """Ask the history when somebody wants to know."""
        while True:
            await self._wanted.wait()
            with suppress(StoreError):  # what was known is told all the same; /health names the store
                self._past = await self._workers.run(self._remembered, self._seen())
            self._fresh.set()
            await asyncio.sleep(_FRESH_SECONDS)
            self._wanted.clear()
            self._fresh.clear()

    async def hosts(self, request: Request) -> Response:
        only_past = choice(request.query_params, "past", ("true", "false"), "false") == "true"
        self._wanted.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._fresh.wait(), _PATIENCE_SECONDS)
        seen = self._seen()
        live = {
            host.name: host.described() for host in self._hub.known() if not (only_past and host.name in seen)
        }
        past = {
            one["host"]: _joined(live.get(one["host"]), one) for one in self._past if one["host"] not in seen
        }
        known = past if only_past else live | past
        return JSONResponse({"hosts": [known[name] for name in sorted(known)]})

    def _seen(self) -> set[str]:
        """The hosts whose readings the broker has: it knows better than the history."""
        return {host.name for host in self._hub.known() if host.timestamp}

    def _remembered(self, besides: Collection[str]) -> list[dict[str, Any]]:
        """The hosts in the history that are not among `besides`."""
        series = sorted(self._known.all(), key=lambda one: one.host)
        away = [
            (host, list(group))
            for host, group in groupby(series, key=lambda one: one.host)
            if host not in besides
        ]
        oldest = self._store.span().oldest if away else None
        return [_past(host, found, last_seen(self._store, found, oldest)) for host, found in away]


def last_seen(store: HistoryStore, series: Sequence[Series], oldest: datetime | None) -> str | None:
    """When the newest of these series' readings was taken, to the minute, found by whole days first.

    No reading in the store is older than `oldest`.
    """
    # One number of each metric tells as much as all of them.
    asked = list({one.metric: one for one in series}.values())
    if oldest is None:
        return None
    stop = to_ms(now()) + _DAY
    day = _newest(store, asked, to_ms(oldest), stop, _DAY)
    minute = None if day is None else _newest(store, asked, day, day + _DAY, _MINUTE)
    return None if minute is None else format_time(from_ms(minute))


def _newest(
    store: HistoryStore, series: Sequence[Series], start: int, stop: int, interval: int
) -> int | None:
    found = store.query(series, start - start % interval, stop, interval)
    return max((buckets[-1].time for buckets in found.values() if buckets), default=None)


def _past(host: str, series: Sequence[Series], seen: str | None) -> dict[str, Any]:
    kind = "collector" if any(one.metric in READINGS for one in series) else "device"
    status = "offline" if kind == "collector" else None
    told = {"host": host, "kind": kind, "status": status, "since": seen, "last_seen": seen}
    return told | {"tags": {}, "info": None, "device": None, "timestamp": None}


def _joined(live: dict[str, Any] | None, past: dict[str, Any]) -> dict[str, Any]:
    """What the broker told, with when it was last heard from the history."""
    if live is None:
        return past
    since = live["since"] if live["status"] == "online" else past["since"]
    return live | {"last_seen": past["last_seen"], "since": since}
