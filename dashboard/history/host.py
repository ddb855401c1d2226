"""`GET /api/history/host`: what the cards of one host draw, over one range, in one answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.history.chart import columns
from dashboard.history.known import KnownSeries
from dashboard.history.metrics import DEFAULT_LIMIT, JSON, auto_interval
from dashboard.history.newest import newest_time
from dashboard.history.queries import Queries
from dashboard.history.size import MOST_NUMBERS, check_size
from dashboard.web.requests import moment
from dashboard.web.responses import BadRequest
from perfwatch.durations import format_ms
from perfwatch.history.store import Bucket, HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms

_FEWEST = 10  # buckets of a line, however many lines there are


class Asked(NamedTuple):
    """Times in ms. A field is named `cpu.usage_percent`, of each core `cpu.core.usage_percent`; none: all."""

    host: str
    start: int
    stop: int
    fields: frozenset[str]


class HostApi:
    """`heard` tells whether there are live readings of a host: it may have no history yet."""

    def __init__(
        self, store: HistoryStore, known: KnownSeries, queries: Queries, heard: Callable[[str], bool]
    ) -> None:
        self._store = store
        self._known = known
        self._queries = queries
        self._heard = heard

    def routes(self) -> list[Route]:
        return [Route("/api/history/host", self.host)]

    async def host(self, request: Request) -> Response:
        content = await self._queries.run(request, self.answer, parse(request.query_params))
        return Response(content, media_type=JSON, headers={"Cache-Control": "no-store"})

    def answer(self, asked: Asked) -> bytes:
        chosen = self._chosen(asked)
        interval = fitting_interval(asked.stop - asked.start, len(chosen))
        found = self._store.query(chosen, asked.start, asked.stop, interval)
        lines = {series: found[series] for series in chosen if found.get(series)}
        times = sorted({bucket.time for buckets in lines.values() for bucket in buckets})
        answer = {
            "host": asked.host,
            "start_time": format_time(from_ms(asked.start)),
            "end_time": format_time(from_ms(asked.stop)),
            "interval": format_ms(interval),
            "interval_ms": interval,
            "times": times,
            "series": [_line(series, buckets, times) for series, buckets in lines.items()],
            "newest_time": None if times else newest_time(self._store, chosen),
        }
        return msgspec.json.encode(answer)

    def _chosen(self, asked: Asked) -> list[Series]:
        there = self._store.series(host=asked.host)
        if not there and not self._heard(asked.host):
            hosts = sorted({one.host for one in self._known.all()})
            raise BadRequest(
                "host", f"expected one of {', '.join(hosts) or 'nothing: there is none'}", asked.host
            )
        return [one for one in there if not asked.fields or _name(one) in asked.fields]


def parse(given: QueryParams) -> Asked:
    """What is asked for. Raises BadRequest naming the parameter that cannot be used."""
    host = given.get("host")
    if not host:
        raise BadRequest("host", "expected a host's name")
    start, stop = moment(given, "start_time"), moment(given, "end_time")
    if stop <= start:
        raise BadRequest("end_time", "expected a time after start_time", given["end_time"])
    return Asked(host, start, stop, frozenset(given.getlist("field")))


def fitting_interval(length: int, series: int) -> int:
    """The shortest easy interval (ms) at which that many lines fit in one answer: many get fewer points.

    Raises TooLarge where they would have next to none.
    """
    each = 3 * series  # numbers of a bucket: mean, minimum and maximum
    check_size(each, _FEWEST)
    return auto_interval(length, min(DEFAULT_LIMIT, MOST_NUMBERS // max(1, each)))


def _name(series: Series) -> str:
    return ".".join(filter(None, (series.metric, series.tag, series.field)))


def _line(series: Series, buckets: Sequence[Bucket], times: Sequence[int]) -> msgspec.Raw:
    """Encoded one by one they hold up no other thread for long."""
    named = {name: getattr(series, name) for name in ("metric", "tag", "part", "field")}
    return msgspec.Raw(msgspec.json.encode({**named, **columns(buckets, times)}))
