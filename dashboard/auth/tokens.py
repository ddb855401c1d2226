"""`/api/tokens`: what other programs use the API with."""

from __future__ import annotations

import asyncio

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.auth.sessions import Sessions
from dashboard.web.requests import read
from dashboard.web.responses import problem
from perfwatch.api_tokens import ApiTokens, lifetime_seconds
from perfwatch.errors import AccountError
from perfwatch.users import Role


class NewToken(Struct, forbid_unknown_fields=True):
    """`lifetime` is a length of time, as 90d; without it the token does not expire."""

    name: str
    role: Role = Role.VIEWER
    lifetime: str | None = None


class TokensApi:
    """Viewers see which tokens there are; the guard keeps them from changes."""

    def __init__(self, tokens: ApiTokens, sessions: Sessions) -> None:
        self._tokens = tokens
        self._sessions = sessions

    def routes(self) -> list[Route]:
        return [
            Route("/api/tokens", self.show, methods=["GET"]),
            Route("/api/tokens", self.add, methods=["POST"]),
            Route("/api/tokens/{name}", self.revoke, methods=["DELETE"]),
        ]

    async def show(self, request: Request) -> Response:
        try:
            return JSONResponse({"tokens": self._tokens.described()})
        except AccountError as exc:
            return problem(503, str(exc))

    async def add(self, request: Request) -> Response:
        given = await read(
            request, NewToken, '{"name": …, "role": …, "lifetime": "90d"}, all but name optional,'
        )
        taken = given.name in self._tokens.all()
        try:
            lifetime = None if given.lifetime is None else lifetime_seconds(given.lifetime)
            token = await asyncio.to_thread(self._tokens.add, given.name, given.role, lifetime)
        except AccountError as exc:
            return problem(409 if taken else 422, str(exc))
        made = self._tokens.all()[given.name].described(given.name, None)
        return JSONResponse({**made, "token": token}, 201, {"Cache-Control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        name = request.path_params["name"]
        try:
            await asyncio.to_thread(self._tokens.remove, name)
        except AccountError as exc:
            return problem(404, str(exc))
        self._sessions.close_ended()
        return JSONResponse({"detail": f"{name} is revoked, and its sockets are closed"})
