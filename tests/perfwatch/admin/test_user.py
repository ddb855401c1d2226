"""`perfwatch user` beside a dashboard that runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.stack import COMMAND, PASSWORD, Stack, environment


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = Path(tmp_path_factory.mktemp("stack"))
    with Stack(folder, admin_password=PASSWORD) as stack:
        yield stack


def user(stack: Stack, *arguments: str, says: str = "") -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "perfwatch.cli", "user", *arguments, "--data-dir", str(stack.folder / "data")]
    return subprocess.run(command, env=environment(), input=says, capture_output=True, text=True, check=False)


def log_in(stack: Stack, username: str, password: str) -> httpx.Response:
    return httpx.post(
        f"{stack.url}/api/auth/login", json={"username": username, "password": password}, timeout=60
    )


def test_who_lost_the_password_gets_a_new_one_which_ends_old_sessions(stack: Stack) -> None:
    assert user(stack, "add", "ann", says="a password of ann\n").returncode == 0
    token = log_in(stack, "ann", "a password of ann").json()["access_token"]
    made = user(stack, "password", "ann", "--make").stdout.strip()
    assert log_in(stack, "ann", "a password of ann").status_code == 401
    assert log_in(stack, "ann", made).status_code == 200
    asked = httpx.get(f"{stack.url}/api/auth/me", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert asked.status_code == 401


def test_accounts_are_listed_with_their_role_and_removed(stack: Stack) -> None:
    assert user(stack, "add", "bob", "--role", "admin", "--make").returncode == 0
    assert "bob                      admin" in user(stack, "list").stdout.splitlines()
    assert user(stack, "remove", "bob").returncode == 0
    assert "bob" not in user(stack, "list").stdout


@pytest.mark.parametrize(
    ("arguments", "says", "sentence"),
    [
        (("add", "cid"), "short\n", "expected 12 or more"),
        (("add", "admin", "--make"), "", "There is a user 'admin' already"),
        (("password", "nobody", "--make"), "", "There is no user 'nobody'"),
        (("remove", "admin"), "", "There must be an admin"),
    ],
)
def test_what_cannot_be_is_said_and_no_password_is_printed(
    stack: Stack, arguments: tuple[str, ...], says: str, sentence: str
) -> None:
    done = user(stack, *arguments, says=says)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
