"""`/api/auth/second-factor`: a second factor for who wants one, and whether a code is right."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import segno
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.auth.admission import Throttled
from dashboard.auth.people import People, own
from dashboard.auth.throttle import Buckets
from dashboard.web.requests import read, session_of
from dashboard.web.responses import problem
from perfwatch.api_tokens import is_of_token
from perfwatch.second_factor import (
    SecondFactor,
    address,
    is_recovery,
    new_secret,
    step_of,
    with_recovery,
)
from perfwatch.users import Users

# Who knows the password has five guesses of a million codes, then one a minute.
GUESSES, SECONDS_A_GUESS = 5, 60.0
# Secrets that were shown and not confirmed: the oldest are forgotten.
_MOST_SHOWN = 100


class Password(Struct, forbid_unknown_fields=True):
    current_password: str


class Code(Struct, forbid_unknown_fields=True):
    code: str


class SecondFactors:
    """Each code of an app is taken once. `clock` is in seconds since 1970."""

    def __init__(self, users: Users, clock: Callable[[], float] = time.time) -> None:
        self._users = users
        self._clock = clock
        self._guesses = Buckets(seconds_each=SECONDS_A_GUESS, size=GUESSES)
        self._last_step: dict[str, int] = {}

    async def passes(self, username: str, factor: SecondFactor, code: str, known: bool) -> bool:
        """Whether `code` is right; counted when it is not. Raises Throttled after too many.

        Recovery codes cannot be guessed, so they are not counted: they let the owner in meanwhile.
        Who is `known`, by the cookie of a device, is counted apart.
        """
        if is_recovery(code):
            return await asyncio.to_thread(self._users.use_recovery, username, code)
        name = f"{known} {username}"
        if wait := self._guesses.wait(name):
            raise Throttled(wait)
        if self._takes(username, factor.secret, code):
            return True
        self._guesses.add(name)
        return False

    def _takes(self, username: str, secret: str, code: str) -> bool:
        step = step_of(secret, code, self._clock())
        if step is None or step <= self._last_step.get(username, 0):
            return False
        self._last_step[username] = step
        return True

    def confirms(self, secret: str, code: str) -> bool:
        """Whether the app that shows `code` has that secret."""
        return step_of(secret, code, self._clock()) is not None


class SecondFactorApi:
    """A secret is shown, and is the account's when a code of it comes back: an app has it then."""

    def __init__(self, people: People, factors: SecondFactors) -> None:
        self._people = people
        self._factors = factors
        self._shown: dict[str, str] = {}

    def routes(self) -> list[Route]:
        path = "/api/auth/second-factor"
        return [
            Route(path, self.begin, methods=["POST"]),
            Route(path, self.confirm, methods=["PUT"]),
            Route(f"{path}/remove", self.remove, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        if refused := await self._without_password(request):
            return refused
        session, secret = session_of(request), new_secret()
        self._shown[session.jti] = secret
        while len(self._shown) > _MOST_SHOWN:
            self._shown.pop(next(iter(self._shown)))
        uri = address(secret, f"{session.username}@{request.url.hostname}")
        picture = segno.make(uri, micro=False).svg_data_uri(scale=4, dark="#000", light="#fff")
        return JSONResponse({"secret": secret, "uri": uri, "picture": picture})

    async def confirm(self, request: Request) -> Response:
        session, given = session_of(request), await read(request, Code, '{"code": …}')
        if (secret := self._shown.get(session.jti)) is None:
            return problem(409, "Ask for a secret first: POST /api/auth/second-factor")
        if not self._factors.confirms(secret, given.code):
            return problem(403, "code is wrong: expected the six digits that the app shows just now")
        factor, codes = with_recovery(secret)
        users = self._people.users
        await asyncio.to_thread(users.set_second_factor, session.username, factor, session.jti)
        self._shown.pop(session.jti, None)
        self._people.sessions.close_ended()
        return JSONResponse({"recovery_codes": codes})

    async def remove(self, request: Request) -> Response:
        if refused := await self._without_password(request):
            return refused
        session = session_of(request)
        await asyncio.to_thread(self._people.users.set_second_factor, session.username, None, session.jti)
        self._people.sessions.close_ended()
        return JSONResponse({"detail": "The password alone lets you in, and your other sessions are ended"})

    async def _without_password(self, request: Request) -> Response | None:
        """Why not, for who does not know the password of the account."""
        session = session_of(request)
        if is_of_token(session):
            return problem(409, "An API token has no second factor: log in as a user to set one up")
        given = await read(request, Password, '{"current_password": …}')
        passwords, sender = self._people.passwords, own(request)
        if await passwords.right(request, sender, session.username, given.current_password):
            return None
        return problem(403, "current_password is wrong: expected the password that you logged in with")
