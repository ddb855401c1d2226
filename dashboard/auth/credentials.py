"""`/api/credentials`: accounts of the broker for other programs, where the broker is `perfwatch up`'s own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.live.subscriber import admits
from dashboard.web.requests import read
from dashboard.web.responses import problem
from perfwatch.admin.broker_accounts import NAMES, Integration, Integrations, integrations_path
from perfwatch.admin.mosquitto import Accounts, accounts_path, mqtt_url
from perfwatch.broker import Broker
from perfwatch.errors import AccountError

# `perfwatch up` looks for changes each half a second.
_ATTEMPTS, _AGAIN_SECONDS = 50, 0.1

_ELSEWHERE = (
    "The broker is not run by this machine's `perfwatch up`, so its accounts are made where it runs: in the "
    "stack of containers by `docker compose run --rm setup credentials NAME --new` (docs/docker.md), else by "
    "`mosquitto_passwd -b PASSWORD_FILE NAME PASSWORD`, the rules of `reader` for NAME in its acl file, "
    "then SIGHUP to Mosquitto (see mosquitto/README.md)"
)


class NewCredential(Struct, forbid_unknown_fields=True):
    name: str


class CredentialsApi:
    """Each change is answered when the broker follows it: it lets the new account in, or refuses the old."""

    def __init__(self, folder: Path, broker: Broker, prefix: str) -> None:
        self._folder = folder
        self._broker = broker
        self._prefix = prefix
        self._integrations = Integrations(integrations_path(folder))
        self._changing = asyncio.Lock()

    def routes(self) -> list[Route]:
        return [
            Route("/api/credentials", self.show, methods=["GET"]),
            Route("/api/credentials", self.add, methods=["POST"]),
            Route("/api/credentials/{name}", self.revoke, methods=["DELETE"]),
        ]

    async def show(self, request: Request) -> Response:
        if not self._ours():
            return problem(501, _ELSEWHERE)
        try:
            known = self._integrations.all()
        except AccountError as exc:
            return problem(503, str(exc))
        return JSONResponse({"credentials": [_shown(name, one) for name, one in sorted(known.items())]})

    async def add(self, request: Request) -> Response:
        if not self._ours():
            return problem(501, _ELSEWHERE)
        name = (await read(request, NewCredential, f'{{"name": {NAMES}}}')).name
        taken = self._accounts().passwords
        there = False
        try:
            async with self._changing:
                there = name in self._integrations.all() or name in taken
                made = self._integrations.add(name, taken)
                if not await self._broker_follows(name, made, lets_in=True):
                    self._integrations.remove(name)
                    return problem(504, f"The broker did not take the account {name} in time: none was made")
        except AccountError as exc:
            return problem(409 if there else 422, str(exc))
        url = mqtt_url(name, made.password, self._broker.host, self._broker.port)
        example = f"mosquitto_sub -L '{url}/{self._prefix}/#' -v"
        answer = {**_shown(name, made), "url": url, "example": example}
        return JSONResponse(answer, 201, {"Cache-Control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        if not self._ours():
            return problem(501, _ELSEWHERE)
        name = request.path_params["name"]
        try:
            async with self._changing:
                gone = self._integrations.remove(name)
                if not await self._broker_follows(name, gone, lets_in=False):
                    return problem(
                        504,
                        f"{name} is off the list, but still let in: start `perfwatch up` again",
                    )
        except AccountError as exc:
            return problem(404, str(exc))
        return JSONResponse({"detail": f"{name} is revoked: the broker refuses it, and cut its connections"})

    def _accounts(self) -> Accounts:
        return Accounts(accounts_path(self._folder))

    def _ours(self) -> bool:
        """Whether the account by which we are logged in stands in this data folder's list."""
        return self._broker.password is not None and self._broker.password == (
            self._accounts().passwords.get("dashboard")
        )

    async def _broker_follows(self, name: str, one: Integration, *, lets_in: bool) -> bool:
        as_it = msgspec.structs.replace(self._broker, username=name, password=one.password)
        for _ in range(_ATTEMPTS):
            if await admits(as_it) is lets_in:
                return True
            await asyncio.sleep(_AGAIN_SECONDS)
        return False


def _shown(name: str, one: Integration) -> dict[str, Any]:
    return {"name": name, "role": one.role, "writes": one.writes, "created_at": one.created_at}
