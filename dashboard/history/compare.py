"""`GET /api/history/compare`: one number now beside itself at another time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any, NamedTuple

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.history.metrics import JSON, auto_interval
from dashboard.history.queries import Queries
from dashboard.history.size import check_size
from dashboard.web.requests import choice, moment
from dashboard.web.responses import BadRequest
from perfwatch.durations import format_ms
from perfwatch.history.store import Bucket, HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.readings.core import READINGS

_HOUR, _DAY = 3_600_000, 86_400_000
PERIODS = {"hour": _HOUR, "day": _DAY, "week": 7 * _DAY}
SHIFTS = {"yesterday": _DAY, "last_week": 7 * _DAY}
CUSTOM = ("start_time", "end_time", "compare_start_time", "compare_end_time")
MOST_POINTS = 300

# The number that stands for a metric when none is named.
FIELDS = {
    "cpu": "usage_percent",
    "memory": "usage_percent",
    "network": "bytes_recv_per_sec",
    "disk": "read_bytes_per_sec",
}


class Comparison(NamedTuple):
    """Two ranges of one length, in ms; `host` None means the mean of all that have the number."""

    metric: str
    field: str
    tag: str
    part: str
    host: str | None
    start: int
    compared: int
    length: int


class CompareApi:
    def __init__(self, store: HistoryStore, queries: Queries) -> None:
        self._store = store
        self._queries = queries

    def routes(self) -> list[Route]:
        return [Route("/api/history/compare", self.compare)]

    async def compare(self, request: Request) -> Response:
        asked = parse(request.query_params, time.time_ns() // 1_000_000)
        return Response(await self._queries.run(request, self._compare, asked), media_type=JSON)

    def _compare(self, asked: Comparison) -> bytes:
        series = self._chosen(asked)
        check_size(len(series), 2 * MOST_POINTS)
        interval = auto_interval(asked.length, MOST_POINTS)
        current, compared = (
            means(self._store.query(series, start, start + asked.length, interval).values())
            for start in (asked.start, asked.compared)
        )
        answer = {
            "metric_type": asked.metric,
            "field": asked.field,
            "host": asked.host,
            "interval": format_ms(interval),
            "current": _range(asked.start, asked.length),
            "comparison": _range(asked.compared, asked.length),
            "summary": summary(current, compared),
            "data_points": aligned(asked, interval, current, compared),
        }
        return msgspec.json.encode(answer)

    def _chosen(self, asked: Comparison) -> list[Series]:
        # All hosts of a metric take a server of a thousand seconds: for an error only.
        there = self._store.series(asked.metric, asked.host) or self._store.series(asked.metric)
        if not there and asked.metric not in READINGS:
            known = {one.metric for one in self._store.series()} | READINGS.keys()
            raise BadRequest("metric_type", f"expected one of {', '.join(sorted(known))}", asked.metric)
        for name in ("host", "tag", "part", "field"):
            value = getattr(asked, name)
            offered = sorted({str(getattr(one, name)) for one in there})
            if value is not None and there and value not in offered:
                expected = ", ".join(offer for offer in offered if offer) or "nothing: it has none"
                raise BadRequest(name, f"expected one of {expected}", value)
            there = [one for one in there if value is None or getattr(one, name) == value]
        return there


def parse(given: QueryParams, now: int) -> Comparison:
    """What is to be compared; `now` is in ms. Raises BadRequest naming what cannot be used."""
    metric = given.get("metric_type")
    if not metric:
        raise BadRequest("metric_type", f"expected one of {', '.join(READINGS)}")
    field = given.get("field") or FIELDS.get(metric)
    if not field:
        raise BadRequest("field", "expected one that /api/history/metrics/types lists")
    tag, part = given.get("tag", ""), given.get("part", "")
    if bool(tag) != bool(part):
        missing = "part" if tag else "tag"
        raise BadRequest(missing, "expected tag and part together, as tag=core&part=0")
    custom = any(name in given for name in CUSTOM)
    start, compared, length = _custom(given) if custom else _relative(given, now)
    return Comparison(metric, field, tag, part, given.get("host") or None, start, compared, length)


def _relative(given: QueryParams, now: int) -> tuple[int, int, int]:
    length = PERIODS[choice(given, "period", tuple(PERIODS), "day")]
    shift = SHIFTS[choice(given, "compare_to", tuple(SHIFTS), "yesterday")]
    return now - length, now - length - shift, length


def _custom(given: QueryParams) -> tuple[int, int, int]:
    for name in ("period", "compare_to"):
        if name in given:
            raise BadRequest(name, f"expected either it or {', '.join(CUSTOM)}, not both", given[name])
    start, end, compared, compared_end = (moment(given, name) for name in CUSTOM)
    for name, length in (("end_time", end - start), ("compare_end_time", compared_end - compared)):
        if length <= 0:
            raise BadRequest(name, "expected a time after the start of its range", given[name])
    if compared_end - compared != end - start:
        expected = f"expected a range as long as the first, {format_ms(end - start)}"
        raise BadRequest("compare_end_time", expected, given["compare_end_time"])
    return start, compared, end - start


def means(found: Iterable[Sequence[Bucket]]) -> dict[int, float]:
    """The mean of each bucket over all hosts that have it, by its time in ms."""
    values: dict[int, list[float]] = {}
    for buckets in found:
        for bucket in buckets:
            values.setdefault(bucket.time, []).append(bucket.mean)
    return {time: fmean(several) for time, several in sorted(values.items())}


def summary(current: dict[int, float], compared: dict[int, float]) -> dict[str, float | None]:
    """Averages over time (each bucket counts the same), and the change between them in percent.

    What has no readings is null, and so is the change from 0.
    """
    now = fmean(current.values()) if current else None
    then = fmean(compared.values()) if compared else None
    change = None if now is None or not then else (now - then) / abs(then) * 100
    return {"current_avg": now, "comparison_avg": then, "change_percent": change}


def aligned(
    asked: Comparison, interval: int, current: dict[int, float], compared: dict[int, float]
) -> list[dict[str, Any]]:
    """Both ranges bucket by bucket from their starts; what one of them lacks is null, both: left out."""
    first, other = (start - start % interval for start in (asked.start, asked.compared))
    offsets = sorted({time - first for time in current} | {time - other for time in compared})
    return [
        {
            "timestamp": format_time(from_ms(first + offset)),
            "comparison_timestamp": format_time(from_ms(other + offset)),
            "current": current.get(first + offset),
            "comparison": compared.get(other + offset),
        }
        for offset in offsets
    ]


def _range(start: int, length: int) -> dict[str, str]:
    return {"start_time": format_time(from_ms(start)), "end_time": format_time(from_ms(start + length))}
