"""API tokens: what a program may do with one, and for how long."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.dashboard.live.sockets import address, close_code
from tests.servers import wait_until
from tests.stack import COMMAND, PASSWORD, Dashboard, Person, bearer, environment


@pytest.fixture(scope="module")
def admin(dashboard: Dashboard) -> Person:
    return Person(dashboard.url)


def make(admin: Person, name: str, **given: Any) -> str:
    answer = admin.post("/api/tokens", {"name": name, **given})
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


def ask(
    dashboard: Dashboard, token: str, method: str = "GET", path: str = "/api/auth/me", **given: Any
) -> httpx.Response:
    return httpx.request(method, dashboard.url + path, headers=bearer(token), **given)


def listed(admin: Person, name: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = admin.get("/api/tokens").json()["tokens"]
    return next((one for one in found if one["name"] == name), None)


def command(dashboard: Dashboard, *arguments: str) -> subprocess.CompletedProcess[str]:
    whole = [*COMMAND, "perfwatch.cli", "token", *arguments, "--data-dir", str(dashboard.log.parent)]
    return subprocess.run(whole, env=environment(), capture_output=True, text=True, check=False)


def test_a_token_is_shown_once_and_only_its_hash_is_kept(dashboard: Dashboard, admin: Person) -> None:
    token = make(admin, "once")
    assert token.startswith("pw_")
    assert token not in admin.get("/api/tokens").text
    kept = dashboard.log.parent / "secrets" / "api_tokens.json"
    assert token not in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_it_speaks_for_itself_and_says_when_it_was_used(dashboard: Dashboard, admin: Person) -> None:
    token = make(admin, "itself")
    assert (listed(admin, "itself") or {})["last_used"] is None
    me = ask(dashboard, token).json()
    assert (me["username"], me["role"], me["expires_at"]) == ("token:itself", "viewer", None)
    assert (listed(admin, "itself") or {})["last_used"] is not None
    used = dashboard.log.parent / "api_tokens_used.json"
    wait_until(used.exists, "the use is kept over a restart")


def test_a_viewers_looks_and_an_admins_changes(dashboard: Dashboard, admin: Person) -> None:
    user = {"username": "made-by-a-token", "password": PASSWORD}
    viewer, other = make(admin, "looks"), make(admin, "changes", role="admin")
    assert ask(dashboard, viewer, path="/api/hosts").status_code == 200
    assert ask(dashboard, viewer, "POST", "/api/users", json=user).status_code == 403
    assert ask(dashboard, other, "POST", "/api/users", json=user).status_code == 201


def test_what_is_a_persons_alone_is_said(dashboard: Dashboard, admin: Person) -> None:
    token = make(admin, "nobody")
    body = {"current_password": PASSWORD, "new_password": PASSWORD}
    assert ask(dashboard, token, "PUT", "/api/auth/password", json=body).status_code == 409
    assert ask(dashboard, token, "POST", "/api/auth/logout").status_code == 409
    assert ask(dashboard, token).status_code == 200


async def test_the_live_socket_takes_it_until_it_is_revoked(dashboard: Dashboard, admin: Person) -> None:
    token = make(admin, "live")
    async with connect(address(dashboard, token=token, host="nobody")) as socket:
        assert admin.delete("/api/tokens/live").status_code == 200
        assert await close_code(socket) == 4001
    assert ask(dashboard, token).status_code == 401


async def test_revoked_by_the_command_its_sockets_are_closed_too(dashboard: Dashboard) -> None:
    token = command(dashboard, "add", "shell").stdout.strip()
    assert ask(dashboard, token).status_code == 200
    async with connect(address(dashboard, token=token, host="nobody")) as socket:
        assert command(dashboard, "revoke", "shell").returncode == 0
        assert await close_code(socket) == 4001
    assert ask(dashboard, token).status_code == 401


def test_it_expires(dashboard: Dashboard, admin: Person) -> None:
    token = make(admin, "short", lifetime="1s")
    wait_until(lambda: ask(dashboard, token).status_code == 401, "the token expires")
    assert "'short' has expired" in ask(dashboard, token).json()["detail"]


def test_the_command_lists_what_there_is(dashboard: Dashboard, admin: Person) -> None:
    assert command(dashboard, "add", "lists", "--role", "admin", "--lifetime", "90d").returncode == 0
    [line] = [line for line in command(dashboard, "list").stdout.splitlines() if line.startswith("lists ")]
    assert line.split()[1] == "admin"
    assert "never" in line
    expires = (listed(admin, "lists") or {})["expires_at"]
    assert expires in line


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"name": "Upper"}, 422, "name is 'Upper': expected 1 to 32 lowercase letters"),
        ({"name": "x", "lifetime": "soon"}, 422, "lifetime is 'soon': expected a length of time"),
        ({"name": "x", "role": "king"}, 422, "Invalid enum value 'king'"),
        ({"name": "taken"}, 409, "There is a token 'taken' already"),
    ],
)
def test_what_cannot_be_is_said(admin: Person, body: dict[str, str], status: int, sentence: str) -> None:
    if listed(admin, "taken") is None:
        make(admin, "taken")
    answer = admin.post("/api/tokens", body)
    assert (answer.status_code, sentence in answer.json()["detail"]) == (status, True), answer.text


def test_an_unknown_one_is_refused(dashboard: Dashboard, admin: Person) -> None:
    assert "unknown" in ask(dashboard, "pw_guessed").json()["detail"]
    assert admin.delete("/api/tokens/guessed").status_code == 404


def test_the_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "api_tokens.json").write_text("{")
    done = subprocess.run(
        [*COMMAND, "perfwatch.cli", "token", "list", "--data-dir", str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "api_tokens.json cannot be read" in done.stderr) == (1, True)
