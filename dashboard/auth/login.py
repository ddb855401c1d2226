"""Logging in and out, and who is logged in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.auth.people import People
from dashboard.auth.sessions import COOKIE, DEVICE_COOKIE, cookie
from dashboard.web.requests import body, session_of
from dashboard.web.responses import problem, too_many
from perfwatch.errors import TokenError
from perfwatch.readings.codec import UNREADABLE, format_time
from perfwatch.tokens import DEVICE

_DEVICE_SECONDS = 180 * 86400
# Attempts on one account that may wait for their turn while it is under attack.
_LONGEST_QUEUE = 8
_SLOW_SECONDS = 1.0


class Credentials(msgspec.Struct):
    username: str
    password: str


class AuthApi:
    """`/api/auth/…`. Each failed login is counted for its address and for its account."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._queues: dict[str, int] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/api/auth/login", self.login, methods=["POST"]),
            Route("/api/auth/logout", self.logout, methods=["POST"]),
            Route("/api/auth/me", self.me, methods=["GET"]),
        ]

    async def login(self, request: Request) -> Response:
        try:
            given = msgspec.json.decode(await body(request), type=Credentials)
        except UNREADABLE as exc:
            return problem(422, f'The body must be {{"username": …, "password": …}} as JSON: {exc}')
        device = self._device(request, given.username)
        source = device or f"address {request.client.host if request.client else ''}"
        account = f"account {given.username}"
        if wait := self._people.failures.wait(source):
            return too_many(wait)
        attacked = not device and self._people.failures.wait(account) > 0
        counted = (source,) if device else (source, account)
        for name in counted:
            self._people.failures.add(name)
        if attacked and not await self._turn(account):
            return too_many(round(_SLOW_SECONDS * _LONGEST_QUEUE))
        right = await self._people.hashed(self._people.users.verify, given.username, given.password)
        if right and (kept := self._people.users.account(given.username)):
            for name in counted:
                self._people.failures.forgive(name)
            return self._welcome(request, given.username, kept.generation)
        if attacked:
            return too_many(self._people.failures.wait(account))
        return problem(401, "Invalid username or password")

    async def logout(self, request: Request) -> Response:
        self._people.sessions.end(session_of(request))
        response = JSONResponse({"detail": "Logged out"})
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response

    async def me(self, request: Request) -> Response:
        session = session_of(request)
        expires = datetime.fromtimestamp(session.expires, UTC)
        return JSONResponse(
            {
                "username": session.username,
                "role": self._people.sessions.role(session),
                "expires_at": format_time(expires),
            }
        )

    def _device(self, request: Request, username: str) -> str | None:
        """The name to count under of a browser that has logged in to that account before."""
        token = cookie(request.headers, DEVICE_COOKIE)
        try:
            device = self._people.sessions.tokens.verify(token or "", audience=DEVICE)
        except TokenError:
            return None
        return f"device {device.jti}" if device.username == username else None

    async def _turn(self, account: str) -> bool:
        """Wait for a turn on an account under attack; False when too many wait already."""
        ahead = self._queues.get(account, 0)
        if ahead >= _LONGEST_QUEUE:
            return False
        self._queues[account] = ahead + 1
        try:
            await asyncio.sleep(_SLOW_SECONDS * (ahead + 1))
        finally:
            self._queues[account] -= 1
            if not self._queues[account]:
                del self._queues[account]
        return True

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
    secure = request.url.scheme == "https"
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=secure
    )
