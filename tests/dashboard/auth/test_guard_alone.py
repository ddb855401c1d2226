"""The guard by itself: what it lets through, and what whoever is behind it sees."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.types import Message, Receive, Scope, Send

from dashboard.auth.guard import IDENTITY, LIVE, SESSION_OVER, Guard
from dashboard.auth.logins import Logins
from dashboard.auth.sessions import Sessions
from perfwatch.api_tokens import ApiTokens
from perfwatch.tokens import Revocations, Tokens
from perfwatch.users import Role, Users

FORGED = [(name.encode(), b"root") for name in IDENTITY]
FOREIGN = [(b"host", b"ours:8000"), (b"origin", b"http://elsewhere:8000")]


class Behind:
    """The application behind a guard, and somebody who asks it."""

    def __init__(self, folder: Path) -> None:
        users = Users(folder / "users.json", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        users.add("ann", "a password for tests", Role.ADMIN)
        account = users.account("ann")
        assert account is not None
        tokens = Tokens(lambda: "k" * 64, Revocations(folder / "revoked"))
        self.token = tokens.issue("ann", account.generation)
        self.seen: list[Scope] = []
        sessions = Sessions(tokens, users, ApiTokens(folder), Logins(folder / "sessions.json", 3600))
        self._guard = Guard(self._app, sessions, "https://one.example, http://two.example:81/")

    async def ask(self, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> Message:
        """What the guard sends first, or what the application does."""
        scope = {"type": "http", "method": method, "scheme": "http"}
        return (await self._through(scope, path, headers, b""))[0]

    async def open(self, path: str, query: str, headers: list[tuple[bytes, bytes]]) -> list[Message]:
        scope: Scope = {"type": "websocket", "scheme": "ws", "subprotocols": []}
        return await self._through(scope, path, headers, query.encode())

    def bearer(self) -> tuple[bytes, bytes]:
        return (b"authorization", f"Bearer {self.token}".encode())

    def identity(self) -> list[tuple[str, str]]:
        """The identity headers of the one request that came through."""
        [scope] = self.seen
        found = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        return [(name, value) for name, value in found if name in IDENTITY]

    async def _through(
        self, scope: Scope, path: str, headers: list[tuple[bytes, bytes]], query: bytes
    ) -> list[Message]:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._guard({**scope, "path": path, "headers": headers, "query_string": query}, receive, send)
        await asyncio.sleep(0)
        return sent

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        else:
            await send({"type": "websocket.accept"})


@pytest.fixture
def behind(tmp_path: Path) -> Behind:
    return Behind(tmp_path)


@pytest.mark.parametrize("path", ["/login", "/health", "/assets/tokens.css"])
async def test_nobody_can_name_himself_where_no_session_is_needed(behind: Behind, path: str) -> None:
    await behind.ask("GET", path, FORGED)
    assert behind.identity() == []


async def test_a_session_is_named_by_the_guard_alone(behind: Behind) -> None:
    await behind.ask("GET", "/live", [*FORGED, behind.bearer()])
    names, values = zip(*behind.identity(), strict=True)
    assert names == IDENTITY
    assert values[0] == "ann"
    assert "root" not in values


async def test_a_socket_is_named_by_the_guard_alone(behind: Behind) -> None:
    await behind.open("/_stcore/stream", "", [*FORGED, behind.bearer()])
    assert [name for name, _ in behind.identity()] == [*IDENTITY]
    assert "root" not in dict(behind.identity()).values()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
async def test_no_other_site_changes_anything(behind: Behind, method: str) -> None:
    answer = await behind.ask(method, "/api/users/ann", [*FOREIGN, behind.bearer()])
    assert answer["status"] == 403
    assert behind.seen == []


async def test_no_other_site_logs_anybody_in(behind: Behind) -> None:
    assert (await behind.ask("POST", "/api/auth/login", FOREIGN))["status"] == 403


async def test_no_other_site_opens_a_socket(behind: Behind) -> None:
    assert await behind.open(LIVE, "", [*FOREIGN, behind.bearer()]) == [
        {"type": "websocket.close", "code": 1008}
    ]


@pytest.mark.parametrize(
    "origin", ["https://one.example", "https://One.example:443", "http://two.example:81"]
)
async def test_further_origins_are_as_good_as_ours(behind: Behind, origin: str) -> None:
    headers = [(b"host", b"ours:8000"), (b"origin", origin.encode()), behind.bearer()]
    assert (await behind.ask("PUT", "/api/retention", headers))["status"] == 200


@pytest.mark.parametrize("origin", ["", "null", "http://one.example", "http://two.example"])
async def test_others_are_not(behind: Behind, origin: str) -> None:
    headers = [(b"host", b"ours:8000"), (b"origin", origin.encode()), behind.bearer()]
    assert (await behind.ask("PUT", "/api/retention", headers))["status"] == 403


async def test_a_link_from_another_site_may_be_followed(behind: Behind) -> None:
    assert (await behind.ask("GET", "/live", [*FOREIGN, behind.bearer()]))["status"] == 200


async def test_the_live_socket_takes_its_token_from_the_address(behind: Behind) -> None:
    assert await behind.open(LIVE, f"token={behind.token}", []) == [{"type": "websocket.accept"}]


@pytest.mark.parametrize("path", ["/_stcore/stream", "/api/ws", f"{LIVE}/", "/"])
async def test_no_other_socket_does(behind: Behind, path: str) -> None:
    accepted, closed = await behind.open(path, f"token={behind.token}", [])
    assert (accepted["type"], closed["code"]) == ("websocket.accept", SESSION_OVER)
    assert behind.seen == []
