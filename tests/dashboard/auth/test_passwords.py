"""Waiting for a turn, with clients that a test hangs up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from dashboard.auth.admission import ACCOUNT_PLACES, Sender, Throttled
from dashboard.auth.passwords import Passwords
from perfwatch.users import Users

PASSWORD = "a password for tests"


class SlowUsers(Users):
    """Checks wait until the test lets them go; `checked` are the passwords, in order."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "users.json", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.ensure_first(PASSWORD)
        self.checked: list[str] = []
        self.let_go = threading.Event()

    def verify(self, username: str, password: str) -> bool:
        self.let_go.wait()
        self.checked.append(password)
        return super().verify(username, password)


class Client:
    """A request whose client hangs up when `gone` is set."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.request = Request({"type": "http"}, self._receive)

    async def _receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
def users(tmp_path: Path) -> SlowUsers:
    return SlowUsers(tmp_path)


@pytest.fixture
def passwords(users: SlowUsers) -> Iterator[Passwords]:
    passwords = Passwords(users)
    yield passwords
    users.let_go.set()
    passwords.close()


def ask(passwords: Passwords, client: Client, password: str, address: int = 1) -> asyncio.Task[bool]:
    sender = Sender(f"address {address}", "admin", known=False)
    return asyncio.create_task(passwords.right(client.request, sender, "admin", password))


async def until_it_waits() -> None:
    """Let every task run until it has nothing to do."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_password_is_right_or_wrong(users: SlowUsers, passwords: Passwords) -> None:
    users.let_go.set()
    assert await ask(passwords, Client(), PASSWORD)
    assert not await ask(passwords, Client(), "wrong")


async def test_who_hangs_up_before_the_turn_is_not_checked(users: SlowUsers, passwords: Passwords) -> None:
    clients = [Client() for _ in range(3)]
    first, second, third = (ask(passwords, client, str(n)) for n, client in enumerate(clients))
    await until_it_waits()
    clients[1].gone.set()
    with pytest.raises(ClientDisconnect):
        await second
    users.let_go.set()
    assert not await first
    assert not await third
    assert users.checked == ["0", "2"]


async def test_who_has_hung_up_already_is_not_checked(users: SlowUsers, passwords: Passwords) -> None:
    client = Client()
    client.gone.set()
    with pytest.raises(ClientDisconnect):
        await ask(passwords, client, "0")
    users.let_go.set()
    assert not await ask(passwords, Client(), "1")
    assert users.checked == ["1"]


async def test_who_loses_the_place_is_told_at_once(users: SlowUsers, passwords: Passwords) -> None:
    checked, *waiting = [ask(passwords, Client(), str(n)) for n in range(ACCOUNT_PLACES + 1)]
    await until_it_waits()
    owner = ask(passwords, Client(), PASSWORD, address=2)
    with pytest.raises(Throttled, match="try again in 8 s"):
        await waiting[-1]
    users.let_go.set()
    assert await owner
    assert users.checked[:2] == ["0", PASSWORD]
    assert not any(await asyncio.gather(checked, *waiting[:-1]))


async def test_what_fails_gives_the_turn_on(users: SlowUsers, passwords: Passwords) -> None:
    sender = Sender("session 1", "admin", known=True)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await passwords.hashed(Client().request, sender, fail)
    assert await passwords.hashed(Client().request, sender, len, "four") == 4
