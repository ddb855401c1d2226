"""`/join`: what a machine that joins fetches, and an account for a one-time code. `/api/join` makes codes."""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dashboard.auth.people import network
from dashboard.auth.throttle import Buckets
from dashboard.web.requests import body
from dashboard.web.responses import problem
from perfwatch.admin.broker_accounts import Integrations, integrations_path
from perfwatch.admin.join.invitation import MINUTES, invitations
from perfwatch.admin.join.offer import invite, offered_path, wheels_path
from perfwatch.admin.mosquitto import Accounts, accounts_path
from perfwatch.errors import AccountError, StartError
from perfwatch.readings.codec import UNREADABLE


class Machine(Struct, forbid_unknown_fields=True):
    """`server` is by what it reaches this one; empty: to be found out."""

    name: str
    server: str = ""


class Code(Struct, forbid_unknown_fields=True):
    """`id` stands for a code, see `machine.identity`."""

    id: str


class JoinApi:
    """For the accounts in the data folder `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guesses = Buckets()

    def routes(self) -> list[Route]:
        """Those that need no session."""
        folder = self._folder
        return [
            Route("/join/account", self.account, methods=["POST"]),
            Route("/join/wheels/", self.wheels, methods=["GET"]),
            Route("/join/wheels/{name}", _Folder(wheels_path(folder)), methods=["GET"]),
            Route("/join/{name}", _Folder(offered_path(folder)), methods=["GET"]),
        ]

    def api(self) -> list[Route]:
        return [Route("/api/join", self.invite, methods=["POST"])]

    async def invite(self, request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(await body(request), type=Machine)
            line = await asyncio.to_thread(invite, self._folder, wanted.name, wanted.server.strip())
        except UNREADABLE as exc:
            return problem(422, f'The body must be {{"name": …, "server": …}} as JSON: {exc}')
        except (AccountError, StartError) as exc:
            return problem(409, str(exc))
        return JSONResponse({"line": line, "minutes": MINUTES}, 201, {"Cache-Control": "no-store"})

    async def wheels(self, request: Request) -> Response:
        """A page of links, as pip reads it."""
        names = sorted(escape(path.name) for path in wheels_path(self._folder).glob("*.whl"))
        return HTMLResponse("".join(f'<a href="{name}">{name}</a>\n' for name in names))

    async def account(self, request: Request) -> Response:
        """Make the account that comes with the code. Its password is derived on both sides, not sent."""
        address = network(request.client.host if request.client else "")
        if wait := self._guesses.wait(address):
            detail = f"Too many codes were tried from {address}: try again in {wait:.0f} s"
            return problem(429, detail, {"Retry-After": f"{wait:.0f}"})
        self._guesses.add(address)
        try:
            code = msgspec.json.decode(await body(request), type=Code)
            salt = self._make_account(code.id)
        except UNREADABLE as exc:
            return problem(422, f'The body must be {{"id": …}} as JSON: {exc}')
        except AccountError as exc:
            return problem(403, str(exc))
        self._guesses.take_back(address)
        return JSONResponse({"salt": salt}, 201, {"Cache-Control": "no-store"})

    def _make_account(self, identity: str) -> str:
        invitation = invitations(self._folder).use(identity)
        password, salt = invitation.account()
        taken = Accounts(accounts_path(self._folder)).passwords
        kept = Integrations(integrations_path(self._folder))
        kept.add(invitation.name, taken, "collector", password=password)
        return salt


class _Folder:
    """The files of a folder, which need not be there, under their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._folder / scope["path_params"]["name"]  # without a slash
        there = path.is_file()
        answer = FileResponse(path) if there else problem(404, f"There is no {path.name[:100]} here")
        await answer(scope, receive, send)
