"""`/api/alerts`: where rules stand, and what is asked of the alerts service. It owns rules and channels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.alerts import bodies
from dashboard.alerts.known import ANSWER_SECONDS, Alerts
from dashboard.live.subscriber import Subscriber
from dashboard.openapi import alert_answers
from dashboard.web.asking import answer_of
from dashboard.web.requests import choice, moment, read, session_of
from dashboard.web.responses import BadRequest, encoded, problem
from perfwatch.alerting import protocol as asked
from perfwatch.alerting.machine import Standing
from perfwatch.alerting.rules import parse
from perfwatch.durations import parse_ms
from perfwatch.errors import RuleError
from perfwatch.tags import Tags

MOST_ALERTS = 10_000
# Apprise may take a minute to give up.
TRY_SECONDS = 70.0
_STATES = {
    **{one.value: frozenset({one}) for one in Standing},
    "all": frozenset(Standing),
    "wrong": frozenset(Standing) - {Standing.OK},
}
_FIRING = frozenset({Standing.FIRING})
_LONGEST_FILE = 200_000
_LONGEST_MS = 400 * 86_400_000
_MONTH_MS = 30 * 86_400_000
_AWAY = (
    "No alerts service is on the broker: `perfwatch up` runs one unless PERFWATCH_ALERTS is false, elsewhere "
    "`python -m alerts` does"
)


class AlertsApi:
    """`tags` tells those of a host."""

    def __init__(self, alerts: Alerts, subscriber: Subscriber, tags: Callable[[str], Tags]) -> None:
        self._alerts = alerts
        self._tags = tags
        self._subscriber = subscriber

    def routes(self) -> list[Route]:
        return [
            Route("/api/alerts", self.show, methods=["GET"]),
            Route("/api/alerts/recent", self.recent, methods=["GET"]),
            Route("/api/alerts/acknowledge", self.acknowledge, methods=["POST"]),
            Route("/api/alerts/snooze", self.snooze, methods=["POST"]),
            Route("/api/alerts/maintenance", self.pause, methods=["PUT"]),
            Route("/api/alerts/rules", self.rules, methods=["GET"]),
            Route("/api/alerts/rules", self.add, methods=["POST"]),
            Route("/api/alerts/rules/{id}", self.rule, methods=["GET"]),
            Route("/api/alerts/rules/{id}", self.change, methods=["PUT"]),
            Route("/api/alerts/rules/{id}", self.drop, methods=["DELETE"]),
            Route("/api/alerts/export", self.export, methods=["GET"]),
            Route("/api/alerts/import", self.take_file, methods=["POST"]),
            Route("/api/alerts/channels", self.channels, methods=["GET"]),
            Route("/api/alerts/channels/{name}", self.put_channel, methods=["PUT"]),
            Route("/api/alerts/channels/{name}", self.drop_channel, methods=["DELETE"]),
            Route("/api/alerts/channels/{name}/test", self.try_channel, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        given, summary = request.query_params, self._alerts.summary
        wanted = _STATES[choice(given, "state", tuple(_STATES), "wrong")]
        found = self._alerts.standing(given.get("host") or None, wanted, self._tags)
        unseen = [
            one
            for one in self._alerts.standing(None, _FIRING, self._tags)
            if not (one.acknowledged_by or one.snoozed_until or one.paused_until)
        ]
        return encoded(
            alert_answers.Alerts(
                online=self._alerts.online,
                timestamp=summary.timestamp if summary else None,
                firing=summary.firing if summary else 0,
                pending=summary.pending if summary else 0,
                unknown=summary.unknown if summary else 0,
                ok=summary.ok if summary else 0,
                unseen=len(unseen),
                worst=unseen[0].severity if unseen else None,
                count=len(found),
                alerts=found[: _limit(given.get("limit"))],
            )
        )

    async def recent(self, request: Request) -> Response:
        given, now = request.query_params, time.time_ns() // 1_000_000
        start = moment(given, "start_time") if given.get("start_time") else now - _MONTH_MS
        stop = moment(given, "end_time") if given.get("end_time") else now
        question = asked.Recent(since=start / 1000, until=stop / 1000, host=given.get("host") or None)
        if not self._alerts.online:
            return encoded(alert_answers.RecentAlerts(False, []))
        answer = await self._put(question)
        return (
            answer
            if isinstance(answer, Response)
            else encoded(alert_answers.RecentAlerts(True, answer.recent))
        )

    async def acknowledge(self, request: Request) -> Response:
        which = await read(request, bodies.Which, '{"host": …, "rule": …}')
        who = session_of(request).username
        return await self._do(asked.Acknowledge(host=which.host, rule=which.rule, by=who))

    async def snooze(self, request: Request) -> Response:
        which = await read(request, bodies.Snoozing, '{"host": …, "rule": …, "for": "1h"}')
        expected = "expected a length of time from 0s to 400d, like 1h"
        try:
            length = parse_ms(which.length)
        except ValueError as exc:
            raise BadRequest("for", expected, which.length) from exc
        if not 0 <= length <= _LONGEST_MS:
            raise BadRequest("for", expected, which.length)
        return await self._do(asked.Snooze(host=which.host, rule=which.rule, seconds=length / 1000))

    async def pause(self, request: Request) -> Response:
        given = await read(request, bodies.Maintenance, '{"hosts": …, "until": …}')
        hosts, until = given.hosts.strip(), None
        if not hosts:
            expected = "expected a host's name, a pattern like pi-*, or a tag like room=cellar"
            raise BadRequest("hosts", expected, given.hosts)
        if given.until is not None:
            until = moment(QueryParams({"until": given.until}), "until") / 1000
            if until > time.time() + _LONGEST_MS / 1000:
                raise BadRequest("until", "expected a time within 400 days", given.until)
        return await self._do(asked.Pause(hosts=hosts, until=until))

    async def rules(self, request: Request) -> Response:
        settings, hosts = self._alerts.settings, request.query_params.getlist("host")
        found = [one for one in settings.rules if not hosts or self._concerns(one, hosts)]
        return encoded(alert_answers.AlertRules(self._alerts.online, found, settings.maintenance))

    def _concerns(self, said: asked.RuleSaid, hosts: Iterable[str]) -> bool:
        try:
            rule = parse(said.id, said.rule)
        except RuleError:  # of a service that is newer than we are
            return True
        return any(rule.concerns(host, self._tags(host)) for host in hosts)

    async def rule(self, request: Request) -> Response:
        name = request.path_params["id"]
        found = next((one for one in self._alerts.settings.rules if one.id == name), None)
        return problem(404, f"There is no rule {name[:100]!r}") if found is None else encoded(found)

    async def add(self, request: Request) -> Response:
        given = await read(request, bodies.NewRule, '{"id": …, "rule": {"kind": …, "title": …}}')
        return await self._do(asked.PutRule(name=given.id, rule=given.rule, new=True), 201)

    async def change(self, request: Request) -> Response:
        given = await read(request, bodies.RuleBody, '{"rule": {"kind": …, "title": …}}')
        return await self._do(asked.PutRule(name=request.path_params["id"], rule=given.rule))

    async def drop(self, request: Request) -> Response:
        return await self._do(asked.DropRule(name=request.path_params["id"]))

    async def export(self, request: Request) -> Response:
        answer = await self._put(asked.Export())
        if isinstance(answer, Response):
            return answer
        head = {"Content-Disposition": 'attachment; filename="alerts.toml"', "Cache-Control": "no-store"}
        return Response(answer.detail, media_type="application/toml", headers=head)

    async def take_file(self, request: Request) -> Response:
        given = await read(request, bodies.RulesFile, '{"toml": …}', _LONGEST_FILE)
        return await self._do(asked.Import(text=given.toml))

    async def channels(self, request: Request) -> Response:
        return encoded(alert_answers.Channels(self._alerts.online, self._alerts.settings.channels))

    async def put_channel(self, request: Request) -> Response:
        given = await read(request, bodies.ChannelBody, '{"url": …, "severities": […]}')
        name, url = request.path_params["name"], given.url.strip()
        return await self._do(asked.PutChannel(name=name, url=url, severities=given.severities))

    async def drop_channel(self, request: Request) -> Response:
        return await self._do(asked.DropChannel(name=request.path_params["name"]))

    async def try_channel(self, request: Request) -> Response:
        return await self._do(asked.TryChannel(name=request.path_params["name"]), seconds=TRY_SECONDS)

    async def _do(
        self, question: asked.Question, status: int = 200, seconds: float = ANSWER_SECONDS
    ) -> Response:
        answer = await self._put(question, seconds)
        return answer if isinstance(answer, Response) else JSONResponse({"detail": answer.detail}, status)

    async def _put(
        self, question: asked.Question, seconds: float = ANSWER_SECONDS
    ) -> asked.Answer | Response:
        """The service's answer, or a response that says why there is none that helps."""
        if not self._alerts.online:
            return problem(503, _AWAY)
        asking = self._alerts.ask(question, self._subscriber.ask_alerts, seconds)
        return await answer_of("alerts", asking, seconds)


def _limit(text: str | None) -> int:
    if not text:
        return MOST_ALERTS
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= MOST_ALERTS):
        raise BadRequest("limit", f"expected a number from 0 to {MOST_ALERTS}", text)
    return int(text)
