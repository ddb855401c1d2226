"""What a chart is made of: `GET /api/history/series`, what there is; `…/query`, its lines in columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.history.catalogue import catalogue, natural
from dashboard.history.known import KnownSeries
from dashboard.history.metrics import Query
from dashboard.history.metrics import parse as parse_range
from dashboard.history.newest import last_reading, newest_time
from dashboard.history.queries import Queries
from dashboard.history.size import check_size
from dashboard.web.responses import BadRequest
from perfwatch.history.store import Bucket, HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms

MOST_SERIES = 32
_JSON = "application/json"


class Asked(NamedTuple):
    """A range and interval, and which series; an empty choice means all."""

    query: Query
    tag: str
    hosts: list[str]
    parts: list[str]
    fields: list[str]


class ChartApi:
    def __init__(self, store: HistoryStore, known: KnownSeries, queries: Queries) -> None:
        self._store = store
        self._known = known
        self._queries = queries
        self._offered: tuple[list[Series], bytes] = ([], msgspec.json.encode(catalogue([])))

    def routes(self) -> list[Route]:
        return [Route("/api/history/series", self.series), Route("/api/history/query", self.query)]

    async def series(self, request: Request) -> Response:
        content = await self._queries.run(request, self._catalogue)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_JSON, headers=headers)

    async def query(self, request: Request) -> Response:
        content = await self._queries.run(request, self._answer, parse(request.query_params))
        return Response(content, media_type=_JSON, headers={"Cache-Control": "no-store"})

    def _catalogue(self) -> bytes:
        known = self._known.all()
        if known != self._offered[0]:
            self._offered = (known, msgspec.json.encode(catalogue(known)))
        return self._offered[1]

    def _answer(self, asked: Asked) -> bytes:
        start, stop, interval = asked.query.start, asked.query.stop, asked.query.interval
        there = choose(self._known.all(), asked)
        drawn = there[:MOST_SERIES]
        check_size(len(drawn), 3 * asked.query.points)  # mean, min and max of each
        found = self._store.query(drawn, start, stop, interval)
        times = sorted({bucket.time for buckets in found.values() for bucket in buckets})
        lines = [self._line(series, found[series], times, asked.query) for series in drawn]
        answer = {
            "metric_type": asked.query.metric,
            "tag": asked.tag,
            "start_time": format_time(from_ms(start)),
            "end_time": format_time(from_ms(stop)),
            "interval": asked.query.shown_interval,
            "interval_ms": interval,
            "count": len(there),
            "times": times,
            "series": lines,
            "newest_time": None if times else newest_time(self._store, drawn),
        }
        return msgspec.json.encode(answer)

    def _line(
        self, series: Series, buckets: Sequence[Bucket], times: Sequence[int], query: Query
    ) -> msgspec.Raw:
        line = {"host": series.host, "part": series.part, "field": series.field, **columns(buckets, times)}
        last = last_reading(self._store, series, buckets[-1], query.interval, query.stop) if buckets else None
        newest = last and {"time": last.time, "value": round(last.mean, 3)}
        return msgspec.Raw(msgspec.json.encode({**line, "newest": newest}))


def parse(given: QueryParams) -> Asked:
    """What is asked for. Raises BadRequest naming the parameter that cannot be used."""
    return Asked(
        parse_range(given),
        given.get("tag", ""),
        given.getlist("host"),
        given.getlist("part"),
        given.getlist("field"),
    )


def choose(known: Sequence[Series], asked: Asked) -> list[Series]:
    """The series asked for that exist, in the order of the names asked for; else in natural order.

    Raises BadRequest for a name that no series of the metric has.
    """
    there = known
    for name, value in (("metric", asked.query.metric), ("tag", asked.tag)):
        _check(there, name, [value])
        there = [one for one in there if getattr(one, name) == value]
    ranks = []
    for name, wanted in (("host", asked.hosts), ("part", asked.parts), ("field", asked.fields)):
        order = wanted or sorted({getattr(one, name) for one in there}, key=natural)
        _check(there, name, wanted)
        ranks.append({value: place for place, value in enumerate(order)})
    hosts, parts, fields = ranks
    chosen = [one for one in there if one.host in hosts and one.part in parts and one.field in fields]
    return sorted(chosen, key=lambda one: (hosts[one.host], parts[one.part], fields[one.field]))


def _check(there: Sequence[Series], name: str, wanted: Sequence[str]) -> None:
    offered = {getattr(one, name) for one in there}
    for value in wanted:
        if value not in offered:
            listed = ", ".join(sorted(filter(None, offered), key=natural)[:30]) or "nothing: there is none"
            parameter = "metric_type" if name == "metric" else name
            raise BadRequest(parameter, f"expected one of {listed}", value)


def columns(buckets: Sequence[Bucket], times: Sequence[int]) -> dict[str, list[float | None]]:
    """Mean, min and max at each of `times`; null where a bucket has no readings."""
    at = {bucket.time: bucket for bucket in buckets}
    rows = [at.get(moment) for moment in times]
    return {
        name: [None if row is None else round(getattr(row, name), 3) for row in rows]
        for name in ("mean", "min", "max")
    }
