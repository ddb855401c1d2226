"""`GET /api/history/metrics`: past readings as they were published; `…/types`: what there is to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.history.known import KnownSeries
from dashboard.history.queries import Queries
from dashboard.history.size import check_size
from dashboard.web.requests import moment
from dashboard.web.responses import BadRequest
from perfwatch.durations import format_ms, parse_ms
from perfwatch.history.points import merge
from perfwatch.history.store import Bucket, HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.readings.core import READINGS

DEFAULT_LIMIT, MOST_POINTS = 300, 10_000
MOST_OFFSET = 99_999_999
SHORTEST_MS = 100
JSON = "application/json"

# Intervals that people read easily; `auto` takes the shortest that gives no more points than the limit.
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_STEPS = (
    *(1000 * seconds for seconds in (1, 2, 5, 10, 15, 30)),
    *(_MINUTE * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY * days for days in (1, 2, 7, 30, 365)),
)


class Query(NamedTuple):
    """What was asked for. Times and interval in milliseconds; `host` None and no `fields` mean all."""

    metric: str
    start: int
    stop: int
    interval: int
    shown_interval: str
    limit: int
    host: str | None
    fields: frozenset[str] = frozenset()

    @property
    def points(self) -> int:
        """The most buckets that a series can have in it."""
        return min(self.limit, -(-(self.stop - self.start) // self.interval) + 1)

    def wants(self, series: Series) -> bool:
        """`usage_percent` asks for the host's own, `core.usage_percent` for that of each core."""
        name = f"{series.tag}.{series.field}" if series.tag else series.field
        return not self.fields or name in self.fields


class HistoryApi:
    """`heard` tells whether there are live readings of a host: it may have no history yet."""

    def __init__(
        self, store: HistoryStore, known: KnownSeries, queries: Queries, heard: Callable[[str], bool]
    ) -> None:
        self._store = store
        self._known = known
        self._queries = queries
        self._heard = heard
        self._described: tuple[list[Series], bytes] = ([], b"")

    def routes(self) -> list[Route]:
        return [
            Route("/api/history/metrics", self.metrics),
            Route("/api/history/metrics/types", self.types),
        ]

    async def types(self, request: Request) -> Response:
        page = _page(request.query_params)
        return Response(await self._queries.run(request, self._types, *page), media_type=JSON)

    async def metrics(self, request: Request) -> Response:
        query = parse(request.query_params)
        return Response(await self._queries.run(request, self._metrics, query), media_type=JSON)

    def _types(self, offset: int, limit: int | None) -> bytes:
        """All of them are described once for as long as no series comes or goes."""
        known = self._known.all()
        if limit is not None or offset:
            return _described(known, offset, limit)
        if not self._described[1] or known != self._described[0]:
            self._described = (known, _described(known))
        return self._described[1]

    def _metrics(self, query: Query) -> bytes:
        points = [point for _, _, point in sorted(self._points(query), key=lambda point: point[:2])]
        answer = {
            "metric_type": query.metric,
            "start_time": format_time(from_ms(query.start)),
            "end_time": format_time(from_ms(query.stop)),
            "interval": query.shown_interval,
            "count": len(points),
            "data_points": points,
        }
        return msgspec.json.encode(answer)

    def _points(self, query: Query) -> Iterator[tuple[int, str, msgspec.Raw]]:
        """Each reading with its time and host. Encoded one by one they hold up no other thread for long."""
        series = self._store.series(query.metric, query.host)
        if not series:
            self._explain_absence(query)
        asked = [one for one in series if query.wants(one)]
        check_size(len(asked), query.points)
        for host, group in groupby(asked, lambda one: one.host):
            found = self._store.query(list(group), query.start, query.stop, query.interval)
            for time, reading in merge(found, _mean)[-query.limit :]:
                point = {"timestamp": format_time(from_ms(time)), "host": host, "data": reading}
                yield time, host, msgspec.Raw(msgspec.json.encode(point))

    def _explain_absence(self, query: Query) -> None:
        """A name that nothing was ever kept under is a mistake; what publishes now may yet be kept."""
        if query.host is not None and self._heard(query.host):
            return
        known = {one.metric for one in self._known.all()} | READINGS.keys()
        if query.metric not in known:
            raise BadRequest("metric_type", f"expected one of {', '.join(sorted(known))}", query.metric)
        hosts = sorted({one.host for one in self._known.all()})
        if query.host is not None and hosts and query.host not in hosts:
            raise BadRequest("host", f"expected one of {', '.join(hosts)}", query.host)


def _described(known: Sequence[Series], offset: int = 0, limit: int | None = None) -> bytes:
    """`limit` series from the one at `offset` on, by metric: first those that are declared."""
    end = len(known) if limit is None else min(offset + limit, len(known))
    found: dict[str, list[Series]] = {} if offset else {metric: [] for metric in READINGS}
    others: dict[str, list[Series]] = {}
    for one in known[offset:end]:
        (found if one.metric in found else others).setdefault(one.metric, []).append(one)
    described = [describe(metric, series) for metric, series in {**found, **others}.items()]
    following = end if end < len(known) else None
    return msgspec.json.encode(
        {"metric_types": described, "series_count": len(known), "next_offset": following}
    )


def _page(given: QueryParams) -> tuple[int, int | None]:
    """Which of the series: from an offset, and how many, or all. Raises BadRequest."""
    limit = given.get("limit")
    return (
        _whole("offset", given.get("offset", "0"), 0, MOST_OFFSET),
        None if limit is None else _whole("limit", limit, 1, MOST_POINTS),
    )


def _mean(bucket: Bucket) -> float:
    """A mean without the digits that adding up floats leaves behind."""
    return round(bucket.mean, 3)


def describe(metric: str, series: Sequence[Series]) -> dict[str, Any]:
    """What can be asked of a metric: its hosts, the fields of a host, and those of its parts."""
    parts: dict[str, dict[str, set[str]]] = {}
    for one in series:
        if one.tag:
            part = parts.setdefault(one.tag, {"names": set(), "fields": set()})
            part["names"].add(one.part)
            part["fields"].add(one.field)
    return {
        "metric_type": metric,
        "hosts": sorted({one.host for one in series}),
        "fields": sorted({one.field for one in series if not one.tag}),
        "parts": {tag: {key: sorted(found) for key, found in part.items()} for tag, part in parts.items()},
    }


def parse(given: QueryParams) -> Query:
    """The query in a request's parameters. Raises BadRequest naming the one that cannot be used."""
    metric = given.get("metric_type")
    if not metric:
        raise BadRequest("metric_type", f"expected one of {', '.join(READINGS)}")
    start, stop = moment(given, "start_time"), moment(given, "end_time")
    if stop <= start:
        raise BadRequest("end_time", "expected a time after start_time", given["end_time"])
    text = given.get("interval", "auto")
    limit = _limit(given.get("limit"), DEFAULT_LIMIT if text == "auto" else MOST_POINTS)
    interval, shown = _interval(text, stop - start, limit)
    fields = frozenset(given.getlist("field"))
    return Query(metric, start, stop, interval, shown, limit, given.get("host") or None, fields)


def auto_interval(length: int, limit: int) -> int:
    """The shortest easy interval (ms) that cuts `length` ms into `limit` buckets or fewer.

    Buckets stand at multiples of their interval, so a range may touch one more than it is long.
    """
    whole = max(1, limit - 1)
    return next((step for step in _STEPS if length <= step * whole), -(-length // whole))


def _limit(text: str | None, default: int) -> int:
    if text is None:
        return default
    return _whole("limit", text, 1, MOST_POINTS)


def _whole(name: str, text: str, least: int, most: int) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    if not is_number or not least <= int(text) <= most:
        raise BadRequest(name, f"expected a whole number from {least} to {most}", text)
    return int(text)


def _interval(text: str, length: int, limit: int) -> tuple[int, str]:
    """The interval to use, and how to write it. One that would give too many points is lengthened."""
    fitting = auto_interval(length, limit)
    if text == "auto":
        return fitting, format_ms(fitting)
    expected = "expected auto, or a duration like 5s, 1m, 5m or 1h"
    try:
        asked = parse_ms(text)
    except ValueError as exc:
        raise BadRequest("interval", expected, text) from exc
    if not SHORTEST_MS <= asked <= 366 * _DAY:
        raise BadRequest("interval", f"{expected}, from 100ms to 366d", text)
    return (asked, text) if length <= asked * limit else (fitting, format_ms(fitting))
