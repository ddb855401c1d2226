"""Logging in and out, and who is logged in."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.auth.admission import Sender, Throttled
from dashboard.auth.login_log import LoginLog
from dashboard.auth.people import People
from dashboard.auth.second_factor import SecondFactors
from dashboard.auth.sessions import COOKIE, DEVICE_COOKIE, cookie_name
from dashboard.web.requests import read, session_of
from dashboard.web.responses import problem
from perfwatch.api_tokens import is_of_token
from perfwatch.readings.codec import format_time
from perfwatch.second_factor import is_recovery
from perfwatch.tokens import DEVICE, NEVER

_DEVICE_SECONDS = 180 * 86400

_CODE_MISSING = "This account has a second factor: send its code too, as code. Programs use an API token"
_CODE_WRONG = "The code is wrong, or was used already: wait for the next one, or use a recovery code"


class Credentials(Struct, forbid_unknown_fields=True):
    """`code` is of the second factor, where the account has one."""

    username: str
    password: str
    code: str = ""


class AuthApi:
    """`/api/auth/…`."""

    def __init__(self, people: People, factors: SecondFactors, log: LoginLog) -> None:
        self._people = people
        self._factors = factors
        self._log = log

    def routes(self) -> list[Route]:
        return [
            Route("/api/auth/login", self.login, methods=["POST"]),
            Route("/api/auth/logout", self.logout, methods=["POST"]),
            Route("/api/auth/me", self.me, methods=["GET"]),
        ]

    async def login(self, request: Request) -> Response:
        given = await read(request, Credentials, '{"username": …, "password": …}')
        username = unicodedata.normalize("NFKC", given.username)
        sender = self._people.sender(request, username)
        try:
            return await self._checked(request, sender, username, given)
        except Throttled:
            self._log.refused(request, username, "too many attempts")
            raise

    async def _checked(self, request: Request, sender: Sender, username: str, given: Credentials) -> Response:
        right = await self._people.passwords.right(request, sender, username, given.password)
        account = self._people.users.account(username)
        if not right or account is None:
            self._log.refused(request, username, "wrong name or password")
            return problem(401, "Invalid username or password")
        how = ""
        if factor := account.second:
            if not given.code:
                return _wants_code(_CODE_MISSING)
            if not await self._factors.passes(username, factor, given.code, sender.known):
                self._log.refused(request, username, "right password, wrong code of the second factor")
                return _wants_code(_CODE_WRONG)
            how = " with a recovery code" if is_recovery(given.code) else " with a second factor"
        self._log.came_in(request, username, how)
        return self._welcome(request, username, account.generation)

    async def logout(self, request: Request) -> Response:
        session = session_of(request)
        if is_of_token(session):
            return problem(409, "An API token is not logged out: revoke it by DELETE /api/tokens/NAME")
        self._people.sessions.end(session)
        self._log.went(request, session.username)
        response = JSONResponse({"detail": "Logged out"})
        _set_cookie(request, response, COOKIE, "", 0)
        return response

    async def me(self, request: Request) -> Response:
        session = session_of(request)
        account = None if is_of_token(session) else self._people.users.account(session.username)
        factor = account.second if account else None
        expires = None if session.expires == NEVER else datetime.fromtimestamp(session.expires, UTC)
        return JSONResponse(
            {
                "username": session.username,
                "role": self._people.sessions.role(session),
                "expires_at": format_time(expires) if expires else None,
                "second_factor": factor is not None,
                "recovery_codes": len(factor.recovery) if factor else 0,
            }
        )

    def _welcome(self, request: Request, username: str, generation: str) -> Response:
        tokens = self._people.sessions.tokens
        token = tokens.issue(username, generation)
        self._people.sessions.begin(request.scope, token)
        response = JSONResponse(
            {"access_token": token, "token_type": "bearer", "expires_in": tokens.lifetime},
            headers={"Cache-Control": "no-store"},
        )
        _set_cookie(request, response, COOKIE, token, tokens.lifetime)
        device = tokens.issue(username, audience=DEVICE, lifetime=_DEVICE_SECONDS)
        _set_cookie(request, response, DEVICE_COOKIE, device, _DEVICE_SECONDS)
        return response


def _wants_code(detail: str) -> Response:
    return JSONResponse({"detail": detail, "second_factor": True}, 401)


def _set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    name = cookie_name(request.scope, name)
    secure = request.scope["scheme"] == "https"
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=secure
    )
