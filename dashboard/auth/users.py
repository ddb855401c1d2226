"""Who may come in: your own password, and, for admins, everybody's accounts."""

from __future__ import annotations

import asyncio

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.auth.people import People, own
from dashboard.web.requests import read, session_of
from dashboard.web.responses import problem
from perfwatch.api_tokens import is_of_token
from perfwatch.errors import AccountError
from perfwatch.passwords import weakness
from perfwatch.users import Account, Role

_ROLES = " or ".join(Role)


class NewPassword(Struct, forbid_unknown_fields=True):
    current_password: str
    new_password: str


class NewUser(Struct, forbid_unknown_fields=True):
    username: str
    password: str
    role: Role = Role.VIEWER


class Change(Struct, forbid_unknown_fields=True):
    """What of an account to change; what is not given stays."""

    role: Role | None = None
    password: str | None = None


class UsersApi:
    """`PUT /api/auth/password` and `/api/users`. Viewers are kept from changes by the guard.

    Accounts are read at once, as the guard reads them for every request: 30 µs. A change
    waits for the disk, in asyncio's own threads: nothing else that blocks is done in these.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    def routes(self) -> list[Route]:
        return [
            Route("/api/auth/password", self.password, methods=["PUT"]),
            Route("/api/users", self.show, methods=["GET"]),
            Route("/api/users", self.add, methods=["POST"]),
            Route("/api/users/{name}", self.change, methods=["PUT"]),
            Route("/api/users/{name}", self.remove, methods=["DELETE"]),
        ]

    async def password(self, request: Request) -> Response:
        session = session_of(request)
        if is_of_token(session):
            return problem(409, "An API token has no password: log in as a user to change one")
        given = await read(request, NewPassword, '{"current_password": …, "new_password": …}')
        if refused := _too_weak("new_password", session.username, given.new_password):
            return refused
        people, username = self._people, session.username
        if not await people.passwords.right(request, own(request), username, given.current_password):
            return problem(403, "current_password is wrong: expected the password that you logged in with")
        await people.hashed(request, people.users.set_password, username, given.new_password, session.jti)
        self._people.sessions.close_ended()
        return JSONResponse({"detail": "The password is changed, and your other sessions are ended"})

    async def show(self, request: Request) -> Response:
        accounts = self._people.users.accounts()
        return JSONResponse({"users": [_shown(name, accounts[name]) for name in sorted(accounts)]})

    async def add(self, request: Request) -> Response:
        given = await read(request, NewUser, f'{{"username": …, "password": …, "role": {_ROLES}}}')
        if refused := _too_weak("password", given.username, given.password):
            return refused
        taken = given.username in self._people.users.accounts()
        try:
            await self._people.hashed(
                request, self._people.users.add, given.username, given.password, given.role
            )
        except AccountError as exc:
            return problem(409 if taken else 422, str(exc))
        return JSONResponse({"username": given.username, "role": given.role}, 201)

    async def change(self, request: Request) -> Response:
        name = request.path_params["name"]
        given = await read(request, Change, f'{{"role": {_ROLES}, "password": …}}, each optional,')
        if given.password is not None and (refused := _too_weak("password", name, given.password)):
            return refused
        if (missing := self._missing(name)) is not None:
            return missing
        if given.password is not None and session_of(request).username == name:
            return problem(409, "Your own password: PUT /api/auth/password, with the current one")
        try:
            if given.role is not None:
                await asyncio.to_thread(self._people.users.set_role, name, given.role)
            if given.password is not None:
                await self._people.hashed(request, self._people.users.set_password, name, given.password)
        except AccountError as exc:
            return problem(409, str(exc))
        self._people.sessions.close_ended()
        return JSONResponse(_shown(name, self._people.users.accounts()[name]))

    async def remove(self, request: Request) -> Response:
        name = request.path_params["name"]
        if (missing := self._missing(name)) is not None:
            return missing
        try:
            await asyncio.to_thread(self._people.users.remove, name)
        except AccountError as exc:
            return problem(409, str(exc))
        self._people.sessions.close_ended()
        return JSONResponse({"detail": f"{name} is removed, and logged out everywhere"})

    def _missing(self, name: str) -> Response | None:
        known = self._people.users.names()
        if name in known:
            return None
        return problem(404, f"There is no user {name[:100]!r}: expected one of {', '.join(known)}")


def _too_weak(name: str, username: str, password: str) -> Response | None:
    weak = weakness(username, password)
    return None if weak is None else problem(422, f"{name} {weak}")


def _shown(name: str, account: Account) -> dict[str, str]:
    return {"username": name, "role": account.role}
