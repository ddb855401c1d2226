"""The guard by itself: what it lets through, and what whoever is behind it sees."""

from __future__ import annotations

import asyncio
import json
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
    """The application behind a guard, and people who ask it: ann, who is an admin, and bob, a viewer.

    On a socket, the user `logs_out` once it is open; `told` is what the application hears next.
    """

    logs_out = False
    told: Message

    def __init__(self, folder: Path) -> None:
        users = Users(folder / "users.json", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        users.add("ann", "a password for tests", Role.ADMIN)
        users.add("bob", "a password for tests", Role.VIEWER)
        tokens = Tokens(lambda: "k" * 64, Revocations(folder / "revoked"))
        accounts = {name: users.account(name) for name in ("ann", "bob")}
        self._tokens = {name: tokens.issue(name, one.generation) for name, one in accounts.items() if one}
        self.token = self._tokens["ann"]
        self.seen: list[Scope] = []
        self.sessions = Sessions(tokens, users, ApiTokens(folder), Logins(folder / "sessions.json", 3600))
        self._guard = Guard(self._app, self.sessions, "https://one.example, http://two.example:81/")

    async def ask(self, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> Message:
        """What the guard sends first, or what the application does."""
        return (await self.answer(method, path, headers))[0]

    async def answer(
        self, method: str, path: str, headers: list[tuple[bytes, bytes]], query: bytes = b""
    ) -> list[Message]:
        """All of it."""
        scope = {"type": "http", "method": method, "scheme": "http"}
        return await self._through(scope, path, headers, query)

    async def open(self, path: str, query: str, headers: list[tuple[bytes, bytes]]) -> list[Message]:
        scope: Scope = {"type": "websocket", "scheme": "ws", "subprotocols": ["streamlit", "another"]}
        return await self._through(scope, path, headers, query.encode())

    def bearer(self, name: str = "ann") -> tuple[bytes, bytes]:
        return (b"authorization", f"Bearer {self._tokens[name]}".encode())

    def identity(self) -> list[tuple[str, str]]:
        """The identity headers of the one request that came through."""
        [scope] = self.seen
        found = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        return [(name, value) for name, value in found if name in IDENTITY]

    async def _through(
        self, scope: Scope, path: str, headers: list[tuple[bytes, bytes]], query: bytes
    ) -> list[Message]:
        sent: list[Message] = []

        connecting = [{"type": "websocket.connect"}]

        async def receive() -> Message:
            if not connecting:
                await asyncio.Event().wait()  # a client that says nothing
            return connecting.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        await self._guard({**scope, "path": path, "headers": headers, "query_string": query}, receive, send)
        await asyncio.sleep(0)
        return sent

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            return
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        if self.logs_out:
            self.sessions.end(scope["perfwatch.session"])
            self.told = await receive()
            await send({"type": "websocket.send", "text": "too late"})


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


async def test_a_program_without_a_session_is_told_so(behind: Behind) -> None:
    began, body = await behind.answer("GET", "/api/hosts", [(b"accept", b"text/html")])
    assert (began["status"], dict(began["headers"])[b"www-authenticate"]) == (401, b"Bearer")
    assert json.loads(body["body"])["detail"]
    assert behind.seen == []


@pytest.mark.parametrize(
    ("path", "query", "next_page"),
    [("/live", b"", "%2Flive"), ("/history", b"host=nas&a=b", "%2Fhistory%3Fhost%3Dnas%26a%3Db")],
)
async def test_a_person_without_a_session_logs_in_and_comes_back(
    behind: Behind, path: str, query: bytes, next_page: str
) -> None:
    for method in ("GET", "HEAD"):
        began = (await behind.answer(method, path, [(b"accept", b"text/html,*/*")], query))[0]
        assert (began["status"], dict(began["headers"])[b"location"].decode()) == (
            303,
            f"/login?next={next_page}",
        )


@pytest.mark.parametrize(("method", "accept"), [("POST", b"text/html"), ("GET", b"*/*"), ("GET", b"")])
async def test_what_is_no_visit_is_not_sent_to_the_login_page(
    behind: Behind, method: str, accept: bytes
) -> None:
    assert (await behind.ask(method, "/live", [(b"accept", accept)]))["status"] == 401


@pytest.mark.parametrize(("origin", "shown"), [(b"http://elsewhere", "http://elsewhere"), (b"", "(empty)")])
async def test_another_site_is_named(behind: Behind, origin: bytes, shown: str) -> None:
    headers = [(b"host", b"ours:8000"), (b"origin", origin), behind.bearer()]
    _, body = await behind.answer("POST", "/api/users", headers)
    assert f"Origin '{shown}' is not this server's" in json.loads(body["body"])["detail"]


@pytest.mark.parametrize("origin", [b"http://ours:8000", b"HTTP://OURS:8000"])
async def test_our_own_pages_open_sockets_and_change_things(behind: Behind, origin: bytes) -> None:
    headers = [(b"host", b"ours:8000"), (b"origin", origin), behind.bearer()]
    assert (await behind.ask("POST", "/api/users", headers))["status"] == 200
    assert await behind.open(LIVE, "", headers) == [{"type": "websocket.accept"}]


async def test_a_viewer_looks_and_changes_what_is_his_own_only(behind: Behind) -> None:
    ways = {("GET", "/api/users"): 200, ("PUT", "/api/retention"): 403, ("PUT", "/api/auth/password"): 200}
    for (method, path), status in ways.items():
        assert (await behind.ask(method, path, [behind.bearer("bob")]))["status"] == status
    refused = (await behind.answer("PUT", "/api/retention", [behind.bearer("bob")]))[1]
    assert "bob is a viewer" in json.loads(refused["body"])["detail"]
    assert len(behind.seen) == 2


async def test_a_socket_is_closed_when_its_session_ends_and_says_nothing_more(behind: Behind) -> None:
    behind.logs_out = True
    over = {"type": "websocket.close", "code": SESSION_OVER, "reason": "The session is over"}
    assert await behind.open(LIVE, "", [behind.bearer()]) == [{"type": "websocket.accept"}, over]
    assert behind.told == {"type": "websocket.disconnect", "code": SESSION_OVER}


async def test_a_socket_without_a_session_takes_a_protocol_before_it_is_closed(behind: Behind) -> None:
    accepted, closed = await behind.open(LIVE, "", [])
    assert accepted == {"type": "websocket.accept", "subprotocol": "streamlit"}
    assert closed["reason"]
