"""Accounts over real HTTP: your own password, other users, and what a viewer may not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route
from websockets.asyncio.client import connect

from dashboard.auth.guard import OWN
from dashboard.auth.throttle import BURST
from dashboard.web.routes import api
from tests.dashboard.inside import parts
from tests.dashboard.live.sockets import address, close_code
from tests.servers import Mosquitto
from tests.stack import PASSWORD, Dashboard, Person, bearer

NEW = "another password for tests"


@pytest.fixture
def server(broker: Mosquitto, tmp_path: Path) -> Iterator[Dashboard]:
    with Dashboard(tmp_path, broker.url) as server:
        yield server


def add(admin: Person, username: str, role: str = "viewer") -> None:
    answer = admin.post("/api/users", {"username": username, "password": PASSWORD, "role": role})
    assert answer.status_code == 201, answer.text


async def test_a_new_password_ends_other_sessions_with_their_sockets_and_keeps_this_one(
    server: Dashboard,
) -> None:
    mine, other = Person(server.url), Person(server.url)
    async with connect(address(server, token=other.token)) as socket:
        body = {"current_password": PASSWORD, "new_password": NEW}
        answer = await asyncio.to_thread(mine.put, "/api/auth/password", body)
        assert answer.status_code == 200, answer.text
        assert await close_code(socket) == 4001
    assert (mine.logged_in(), other.logged_in()) == (True, False)
    with pytest.raises(AssertionError, match="Invalid username or password"):
        Person(server.url)
    server.end()
    server.start()
    assert (mine.logged_in(), other.logged_in()) == (True, False)
    assert Person(server.url, password=NEW).logged_in()


def test_a_password_is_changed_only_by_who_knows_it(server: Dashboard) -> None:
    client = Person(server.url)
    wrong = {"current_password": "wrong", "new_password": NEW}
    answers = [client.put("/api/auth/password", wrong) for _ in range(BURST)]
    # A slow machine's first mistakes are forgotten by the time of its last.
    while answers[-1].status_code == 403 and len(answers) < 4 * BURST:
        answers.append(client.put("/api/auth/password", wrong))
    assert {answer.status_code for answer in answers[:BURST]} == {403}
    assert "current_password" in answers[0].json()["detail"]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    # Another session of the owner is not kept waiting.
    right = {"current_password": PASSWORD, "new_password": NEW}
    assert Person(server.url).put("/api/auth/password", right).status_code == 200


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"current_password": "x", "new_password": "elevenchars"}', "new_password has 11 characters"),
        (b'{"new_password": "x"}', "current_password"),
        (b'{"current_password": 1, "new_password": "x"}', "current_password"),
        (b"{", "The body must be"),
        (b"\xff", "The body must be"),
    ],
)
def test_a_password_that_cannot_be_is_explained(
    dashboard: Dashboard, token: str, body: bytes, named: str
) -> None:
    answer = httpx.put(f"{dashboard.url}/api/auth/password", content=body, headers=bearer(token))
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


async def test_a_removed_user_is_out_at_once(server: Dashboard) -> None:
    admin = Person(server.url)
    add(admin, "eve")
    eve = Person(server.url, "eve")
    async with connect(address(server, token=eve.token)) as socket:
        answer = await asyncio.to_thread(admin.delete, "/api/users/eve")
        assert answer.status_code == 200, answer.text
        assert await close_code(socket) == 4001
    assert not eve.logged_in()
    add(admin, "eve")
    assert not eve.logged_in()
    assert Person(server.url, "eve").logged_in()


def test_roles_hold_from_the_next_request_on(server: Dashboard) -> None:
    admin = Person(server.url)
    add(admin, "eve", "admin")
    eve = Person(server.url, "eve")
    assert eve.get("/api/auth/me").json()["role"] == "admin"
    assert eve.put("/api/retention", {}).status_code == 200
    assert admin.put("/api/users/eve", {"role": "viewer"}).json() == {
        "username": "eve",
        "role": "viewer",
    }
    assert eve.get("/api/auth/me").json()["role"] == "viewer"
    assert eve.put("/api/retention", {}).status_code == 403
    assert eve.get("/api/retention").status_code == 200
    assert eve.get("/api/users").json()["users"] == [
        {"username": "admin", "role": "admin"},
        {"username": "eve", "role": "viewer"},
    ]


def test_the_last_admin_stays(server: Dashboard) -> None:
    admin = Person(server.url)
    add(admin, "eve")
    for answer in (admin.delete("/api/users/admin"), admin.put("/api/users/admin", {"role": "viewer"})):
        assert answer.status_code == 409
        assert "must be an admin" in answer.json()["detail"]
    assert admin.get("/api/auth/me").json()["role"] == "admin"


def test_an_admin_gives_another_user_a_password(server: Dashboard) -> None:
    admin = Person(server.url)
    add(admin, "eve")
    eve = Person(server.url, "eve")
    assert admin.put("/api/users/eve", {"password": NEW}).status_code == 200
    assert not eve.logged_in()
    assert Person(server.url, "eve", NEW).logged_in()
    own = admin.put("/api/users/admin", {"password": NEW})
    assert (own.status_code, "/api/auth/password" in own.text) == (409, True)
    assert Person(server.url).logged_in()


def test_mistakes_are_named(dashboard: Dashboard) -> None:
    admin = Person(dashboard.url)
    user = {"username": "admin", "password": PASSWORD}
    cases = [
        (admin.post("/api/users", user), 409, "'admin' already"),
        (admin.post("/api/users", {**user, "username": "a b"}), 422, "username is 'a b'"),
        (admin.post("/api/users", {**user, "password": "short"}), 422, "password has 5 characters"),
        (admin.post("/api/users", {**user, "role": "root"}), 422, "admin or viewer"),
        (admin.post("/api/users", []), 422, "The body must be"),
        (admin.put("/api/users/nobody", {"role": "viewer"}), 404, "'nobody': expected one of admin"),
        (admin.put("/api/users/admin", {"password": "short"}), 422, "password has 5 characters"),
        (admin.put("/api/users/admin", {"rolle": 1}), 422, "The body must be"),
        (admin.delete("/api/users/nobody"), 404, "'nobody'"),
    ]
    for answer, status, words in cases:
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"]
        assert "short" not in answer.text


def test_a_viewer_may_change_nothing_but_the_own_password(server: Dashboard, tmp_path: Path) -> None:
    routes = [
        (method, re.sub("{.*?}", "admin", route.path))
        for route in api_routes(tmp_path)
        for method in (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]
    assert len(routes) > 5
    add(Person(server.url), "eve")
    eve = Person(server.url, "eve")
    for method, path in sorted(set(routes), key=lambda route: route[1].startswith(OWN)):
        if path == "/api/auth/login":
            continue
        answer = eve.ask(method, path, {})
        if path.startswith(OWN):
            assert answer.status_code != 403, (method, path)
        else:
            assert answer.status_code == 403, (method, path)
            assert "eve is a viewer" in answer.json()["detail"]


def api_routes(folder: Path) -> list[Route]:
    """Every route of the API, as the server builds it."""
    return [route for route in api(parts(folder)).routes if isinstance(route, Route)]
