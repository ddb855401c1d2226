"""`POST /api/alerts/rules/preview`: how often a rule would have fired in the last 30 days."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.alerts.bodies import RuleBody
from dashboard.alerts.replay import MOST_FIRED, Replay, lines_of
from dashboard.history.known import KnownSeries
from dashboard.history.queries import Queries
from dashboard.openapi.alert_answers import Fired, Preview
from dashboard.web.requests import read
from dashboard.web.responses import Unusable, encoded
from perfwatch.alerting.rules import Rule, parse
from perfwatch.durations import format_ms
from perfwatch.errors import RuleError
from perfwatch.history.store import HistoryStore
from perfwatch.readings.codec import format_seconds, format_time, from_ms
from perfwatch.tags import Tags

DAYS = 30
# What is spent on reading and judging, and what the whole may take.
BUDGET_SECONDS, DEADLINE_SECONDS = 6.0, 15.0
_DAY_MS = 86_400_000


class PreviewApi:
    """`tags` tells those of a host."""

    def __init__(
        self, store: HistoryStore, known: KnownSeries, queries: Queries, tags: Callable[[str], Tags]
    ) -> None:
        self._store = store
        self._known = known
        self._queries = queries
        self._tags = tags

    def routes(self) -> list[Route]:
        return [Route("/api/alerts/rules/preview", self.preview, methods=["POST"])]

    async def preview(self, request: Request) -> Response:
        given = await read(request, RuleBody, '{"rule": {"kind": …, "title": …}}')
        try:
            rule = parse("preview", given.rule)
        except RuleError as exc:
            raise Unusable(str(exc).removeprefix("rule preview: ")) from exc
        found = await self._queries.run(request, self._replayed, rule, deadline=DEADLINE_SECONDS)
        return encoded(found)

    def _replayed(self, rule: Rule) -> Preview:
        stop = time.time_ns() // 1_000_000
        start = stop - DAYS * _DAY_MS
        lines, why = lines_of(rule, self._known.all(), self._tags)
        replay = Replay(self._store, rule, lines, start, stop)
        ends = time.monotonic() + BUDGET_SECONDS
        while replay.left and time.monotonic() < ends:
            replay.step()
        newest = sorted(replay.fired, key=lambda one: one.since, reverse=True)[:MOST_FIRED]
        return Preview(
            start_time=format_time(from_ms(start)),
            end_time=format_time(from_ms(stop)),
            interval=format_ms(replay.interval),
            times=len(replay.fired),
            hosts=replay.hosts,
            of_hosts=len({line.host for line in lines}),
            complete=not replay.left,
            why=why,
            fired=[
                Fired(
                    *(one.host, one.part, format_seconds(one.since)),
                    None if one.until is None else format_seconds(one.until),
                )
                for one in newest
            ],
        )
