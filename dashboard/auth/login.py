"""Logging in and out, and who is logged in."""

from __future__ import annotations

import logging
import unicodedata
from datetime import UTC, datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.auth.people import People
from dashboard.auth.sessions import COOKIE, DEVICE_COOKIE, cookie_name
from dashboard.web.requests import read, session_of
from dashboard.web.responses import problem
from perfwatch.api_tokens import is_of_token
from perfwatch.readings.codec import format_time
from perfwatch.tokens import DEVICE, NEVER

_log = logging.getLogger(__name__)

_DEVICE_SECONDS = 180 * 86400


class Credentials(Struct, forbid_unknown_fields=True):
    username: str
    password: str


class AuthApi:
    """`/api/auth/…`."""

    def __init__(self, people: People) -> None:
        self._people = people

    def routes(self) -> list[Route]:
        return [
            Route("/api/auth/login", self.login, methods=["POST"]),
            Route("/api/auth/logout", self.logout, methods=["POST"]),
            Route("/api/auth/me", self.me, methods=["GET"]),
        ]

    async def login(self, request: Request) -> Response:
        given = await read(request, Credentials, '{"username": …, "password": …}')
        people, username = self._people, unicodedata.normalize("NFKC", given.username)
        right = await people.passwords.right(
            request, people.sender(request, username), username, given.password
        )
        address = request.client.host if request.client else "nowhere"
        if right and (kept := people.users.account(username)):
            _log.info("%s logged in from %s", username, address)
            return self._welcome(request, username, kept.generation)
        _log.warning("a login as %.64r from %s was refused", username, address)
        return problem(401, "Invalid username or password")

    async def logout(self, request: Request) -> Response:
        session = session_of(request)
        if is_of_token(session):
            return problem(409, "An API token is not logged out: revoke it by DELETE /api/tokens/NAME")
        self._people.sessions.end(session)
        _log.info("%s logged out", session.username)
        response = JSONResponse({"detail": "Logged out"})
        _set_cookie(request, response, COOKIE, "", 0)
        return response

    async def me(self, request: Request) -> Response:
        session = session_of(request)
        expires = None if session.expires == NEVER else datetime.fromtimestamp(session.expires, UTC)
        return JSONResponse(
            {
                "username": session.username,
                "role": self._people.sessions.role(session),
                "expires_at": format_time(expires) if expires else None,
            }
        )

    def _welcome(self, request: Request, username: str, generation: str) -> Response:
        tokens = self._people.sessions.tokens
        token = tokens.issue(username, generation)
        response = JSONResponse(
            {"access_token": token, "token_type": "bearer", "expires_in": tokens.lifetime},
            headers={"Cache-Control": "no-store"},
        )
        _set_cookie(request, response, COOKIE, token, tokens.lifetime)
        device = tokens.issue(username, audience=DEVICE, lifetime=_DEVICE_SECONDS)
        _set_cookie(request, response, DEVICE_COOKIE, device, _DEVICE_SECONDS)
        return response


def _set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    name = cookie_name(request.scope, name)
    secure = request.scope["scheme"] == "https"
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=secure
    )
