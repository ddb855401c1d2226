"""`PUT /api/hosts/tags`: gives hosts tags, or takes them away, over those that they say they have."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.live.hub import MOST_HOSTS, Hub
from dashboard.live.subscriber import Subscriber
from dashboard.web.requests import read
from dashboard.web.responses import Unusable, problem
from perfwatch.errors import BrokerError
from perfwatch.tags import EXPECTED, checked

_LONGEST_NAME = 100


class Tagging(Struct, forbid_unknown_fields=True):
    """Tags that these hosts are to have. An empty value takes one away; others stay."""

    hosts: list[str]
    tags: dict[str, str]


class TagsApi:
    """The broker remembers what was given, so it holds for the alerts service and every dashboard."""

    def __init__(self, hub: Hub, subscriber: Subscriber) -> None:
        self._hub = hub
        self._subscriber = subscriber

    def routes(self) -> list[Route]:
        return [Route("/api/hosts/tags", self.give, methods=["PUT"])]

    async def give(self, request: Request) -> Response:
        expected = '{"hosts": ["nas", …], "tags": {"room": "cellar", …}}'
        asked = await read(request, Tagging, expected, MOST_HOSTS * _LONGEST_NAME)
        try:
            checked(asked.tags)
        except ValueError as exc:
            shown = msgspec.json.encode(asked.tags).decode()[:200]
            raise Unusable(f"tags is {shown}: expected {EXPECTED}") from exc
        if unknown := [host for host in asked.hosts if not self._hub.heard(host)]:
            return problem(404, f"hosts has {unknown[0][:100]!r}, which is on the broker under no such name")
        try:
            for host in asked.hosts:
                await self._subscriber.give_tags(host, self._hub.given_for(host, asked.tags))
        except BrokerError as exc:
            return problem(503, str(exc))
        return JSONResponse({"tags": {host: self._hub.tags(host) for host in asked.hosts}})
