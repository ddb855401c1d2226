"""`GET /api/history/recent`: the last five minutes of what an overview draws of some hosts, in columns."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.history.known import KnownSeries
from dashboard.history.metrics import JSON
from dashboard.history.queries import Queries
from dashboard.live.figures import NOT_WIRED_CELSIUS
from dashboard.web.responses import BadRequest
from perfwatch.history.store import Bucket, HistoryStore, Series

# As many cards as the largest screen has in sight.
MOST_HOSTS = 100
LENGTH_MS, EACH_MS = 300_000, 10_000

# Which series a figure is made of, as (metric, tag, field); of several the largest counts.
_FIGURES = {
    ("cpu", "", "usage_percent"): "cpu",
    ("memory", "", "usage_percent"): "memory",
    ("disk", "mountpoint", "usage_percent"): "disk",
    ("network", "", "bytes_recv_per_sec"): "down",
    ("network", "", "bytes_sent_per_sec"): "up",
    ("cpu", "core", "temperature_celsius"): "temperature",
    ("sensors", "sensor", "celsius"): "temperature",
    ("gpu", "gpu", "temperature_celsius"): "temperature",
}

Lines = dict[str, list[float | None]]


class RecentApi:
    def __init__(self, store: HistoryStore, known: KnownSeries, queries: Queries) -> None:
        self._store = store
        self._known = known
        self._queries = queries

    def routes(self) -> list[Route]:
        return [Route("/api/history/recent", self.recent)]

    async def recent(self, request: Request) -> Response:
        hosts = request.query_params.getlist("host")
        if not 1 <= len(hosts) <= MOST_HOSTS:
            raise BadRequest("host", f"expected 1 to {MOST_HOSTS} names", str(len(hosts)))
        content = await self._queries.run(request, self.answer, frozenset(hosts), time.time_ns() // 1_000_000)
        return Response(content, media_type=JSON, headers={"Cache-Control": "no-store"})

    def answer(self, hosts: frozenset[str], now: int) -> bytes:
        """A host of which the history knows nothing is left out; `now` is in ms."""
        chosen = [one for one in self._known.all() if one.host in hosts and _figure(one) is not None]
        found = self._store.query(chosen, now - LENGTH_MS, now + 1000, EACH_MS)
        times = sorted({bucket.time for buckets in found.values() for bucket in buckets})
        of_hosts: dict[str, dict[Series, Sequence[Bucket]]] = defaultdict(dict)
        for series, buckets in found.items():
            if buckets:
                of_hosts[series.host][series] = buckets
        lines = {host: _lines(of_host, times) for host, of_host in sorted(of_hosts.items())}
        return msgspec.json.encode({"times": times, "hosts": lines})


def _figure(series: Series) -> str | None:
    return _FIGURES.get((series.metric, series.tag, series.field))


def _lines(found: Mapping[Series, Sequence[Bucket]], times: Iterable[int]) -> Lines:
    largest: dict[str, dict[int, float]] = defaultdict(dict)
    for series, buckets in found.items():
        figure = _figure(series) or ""
        at = largest[figure]
        for bucket in buckets:
            if figure != "temperature" or bucket.mean < NOT_WIRED_CELSIUS:
                value = round(bucket.mean, 1)
                at[bucket.time] = max(value, at.get(bucket.time, value))
    return {name: [at.get(moment) for moment in times] for name, at in largest.items()}
