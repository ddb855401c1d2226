"""Who is logged in: how long a session lasts that nobody uses, the list of one's own, and the key of all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from dashboard.auth.logins import MOST_OF_ACCOUNT, Logins
from dashboard.auth.sessions import Sessions
from perfwatch.api_tokens import ApiTokens
from perfwatch.errors import TokenError
from perfwatch.tokens import Key, Revocations, Tokens, write_key
from perfwatch.users import Role, Users
from tests.clock import Clock

HOUR = 3600.0


class House:
    """Sessions in a folder, of one user."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        users = Users(folder / "users.json", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        if not users.names():
            users.add("anna", "words for tests alone", Role.ADMIN)
        account = users.account("anna")
        assert account is not None
        self.key = folder / "secrets" / "jwt"
        tokens = Tokens(Key(self.key).current, Revocations(folder / "revoked.json"), clock=clock)
        self.logins = Logins(folder / "sessions.json", HOUR, clock)
        self.sessions = Sessions(tokens, users, ApiTokens(folder), self.logins)
        self._tokens, self._generation = tokens, account.generation

    def issue(self) -> str:
        return self._tokens.issue("anna", self._generation)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> House:
    return House(tmp_path, clock)


def scope(token: str, address: str = "10.0.0.5", client: str = "curl/8") -> dict[str, Any]:
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"user-agent", client.encode())]
    return {"type": "http", "scheme": "http", "client": (address, 5), "headers": headers}


def test_a_session_ends_when_nobody_uses_it_and_no_page_of_it_is_open(house: House, clock: Clock) -> None:
    sessions, used = house.sessions, scope(house.issue())
    sessions.of(used)
    for _ in range(3):
        clock.now += HOUR - 1
        session = sessions.of(used)
    with sessions.socket(session):
        clock.now += 5 * HOUR
        sessions.of(used)
        clock.now += 5 * HOUR
    sessions.of(used)
    clock.now += HOUR + 1
    with pytest.raises(TokenError, match="for too long"):
        sessions.of(used)


async def test_a_restart_does_not_make_an_unused_session_young(house: House, clock: Clock) -> None:
    used = scope(house.issue())
    house.sessions.of(used)
    await house.logins.save()
    clock.now += HOUR + 1
    with pytest.raises(TokenError, match="not used for too long"):
        House(house.folder, clock).sessions.of(used)


def test_a_session_ends_a_day_after_its_login_however_much_it_is_used(house: House, clock: Clock) -> None:
    used = scope(house.issue())
    for _ in range(47):
        house.sessions.of(used)
        clock.now += HOUR / 2
    house.sessions.of(used)
    clock.now += HOUR / 2
    with pytest.raises(TokenError, match="expired"):
        house.sessions.of(used)


def test_ones_own_sessions_are_listed_and_ended(house: House) -> None:
    mine, other = house.issue(), house.issue()
    ours = house.sessions.of(scope(mine))
    theirs = house.sessions.of(scope(other, "10.0.0.6", "Firefox"))
    found = house.logins.of("anna")
    assert {jti: (one.address, one.client) for jti, one in found.items()} == {
        ours.jti: ("10.0.0.5", "curl/8"),
        theirs.jti: ("10.0.0.6", "Firefox"),
    }
    with house.sessions.socket(theirs) as ended:
        assert not house.sessions.end_one("eve", theirs.jti)
        assert house.sessions.end_one("anna", theirs.jti)
        assert ended.is_set()
    with pytest.raises(TokenError, match="ended"):
        house.sessions.of(scope(other))
    assert [*house.logins.of("anna")] == [ours.jti]


def test_of_too_many_sessions_the_one_that_was_used_longest_ago_ends(house: House, clock: Clock) -> None:
    wall, first = scope(house.issue()), house.issue()
    house.sessions.begin(scope(first), first)
    for _ in range(MOST_OF_ACCOUNT):
        clock.now += 1
        house.sessions.of(wall)
        token = house.issue()
        house.sessions.begin(scope(token), token)
    assert len(house.logins.of("anna")) == MOST_OF_ACCOUNT
    assert house.sessions.of(wall)
    with pytest.raises(TokenError, match="ended"):
        house.sessions.of(scope(first))


def test_a_full_disk_keeps_no_session_alive_and_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = scope(house.issue())
    session = house.sessions.of(used)

    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("perfwatch.tokens.write_private", full)
        house.sessions.end(session)
    with pytest.raises(TokenError, match="ended"):
        house.sessions.of(used)
    house.sessions.tokens.save()
    assert session.jti in (house.folder / "revoked.json").read_text()


def test_a_new_key_ends_every_session_and_its_sockets_without_a_restart(house: House) -> None:
    used = scope(house.issue())
    with house.sessions.socket(house.sessions.of(used)) as ended:
        write_key(house.key)
        with pytest.raises(TokenError, match="not valid"):
            house.sessions.of(used)
        house.sessions.close_ended()
        assert ended.is_set()
    assert house.sessions.of(scope(house.issue()))


def test_a_key_that_is_gone_or_none_changes_nothing(house: House) -> None:
    used = scope(house.issue())
    house.key.unlink()
    assert house.sessions.of(used)
    house.key.write_text("short")
    assert house.sessions.of(used)
