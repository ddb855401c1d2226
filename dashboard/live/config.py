"""`/api/config`: the settings of hosts, as each reports them, changed over `config/set`."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.live.hub import Hub
from dashboard.live.remote_config import ANSWER_SECONDS, Commands
from dashboard.live.subscriber import Subscriber
from dashboard.web.requests import body
from dashboard.web.responses import problem
from perfwatch.errors import BrokerError
from perfwatch.readings.codec import UNREADABLE

_EXPECTED = 'The body must be {"host": …, "interval": …, "sources": …, "perf_cores": …, "perf_interval": …}'


class ConfigApi:
    """What a command may say is for its host to judge: it knows its cores and sources."""

    def __init__(self, hub: Hub, commands: Commands, subscriber: Subscriber) -> None:
        self._hub = hub
        self._commands = commands
        self._subscriber = subscriber

    def routes(self) -> list[Route]:
        return [
            Route("/api/config", self.show, methods=["GET"]),
            Route("/api/config", self.change, methods=["PUT"]),
        ]

    async def show(self, request: Request) -> Response:
        return JSONResponse({"hosts": [self._shown(host) for host in self._collectors().values()]})

    async def change(self, request: Request) -> Response:
        try:
            command = msgspec.json.decode(await body(request), type=dict[str, Any])
        except UNREADABLE as exc:
            return problem(422, f"{_EXPECTED} as JSON, all but host optional: {exc}")
        name = command.pop("host", None)
        known = self._collectors()
        if not isinstance(name, str):
            return problem(422, f"host is {msgspec.json.encode(name).decode()[:100]}: expected a host's name")
        if name not in known:
            names = ", ".join(known) or "none: no collector is on the broker"
            return problem(404, f"host is {name[:100]!r}: expected one of {names}")
        return await self._ask(known[name], command)

    async def _ask(self, host: dict[str, Any], command: dict[str, Any]) -> Response:
        name = host["host"]
        if host["status"] == "offline":
            since = f" since {host['since']}" if host["since"] else ""
            return problem(504, f"{name} is offline{since}: a command would be lost. Start its collector")
        publish = partial(self._subscriber.command, name, msgspec.json.encode(command))
        try:
            answer = await self._commands.send(name, publish)
        except TimeoutError:
            return problem(
                504, f"{name} did not answer within {ANSWER_SECONDS:g} s: see whether its collector runs"
            )
        except BrokerError as exc:
            return problem(503, str(exc))
        if not answer.obeyed:
            return JSONResponse({**answer.said, "detail": f"{name}: {answer.said.get('detail')}"}, 422)
        return JSONResponse(self._shown(self._collectors().get(name, host)))

    def _collectors(self) -> dict[str, dict[str, Any]]:
        return {host["host"]: host for host in self._hub.hosts() if host["kind"] == "collector"}

    def _shown(self, host: dict[str, Any]) -> dict[str, Any]:
        """`config` is None until the host has reported; `sources` says why one is not available."""
        return {
            "host": host["host"],
            "status": host["status"],
            "since": host["since"],
            "config": self._commands.states.get(host["host"]),
            "sources": (host["info"] or {}).get("sources", {}),
        }
