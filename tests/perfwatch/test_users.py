from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from perfwatch.errors import AccountError
from perfwatch.users import Users

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    return Users(tmp_path / "users.json", CHEAP)


def test_only_the_right_password_of_a_known_account_is_right(users: Users) -> None:
    users.set_password("admin", PASSWORD)
    assert users.verify("admin", PASSWORD)
    assert not users.verify("admin", PASSWORD + " ")
    assert not users.verify("admin", "")
    assert not users.verify("nobody", PASSWORD)


def test_passwords_are_kept_as_argon2id_and_privately(tmp_path: Path) -> None:
    users = Users(tmp_path / "users.json")
    users.set_password("admin", PASSWORD)
    text = (tmp_path / "users.json").read_text()
    assert "$argon2id$" in text
    assert PASSWORD not in text
    assert (tmp_path / "users.json").stat().st_mode & 0o777 == 0o600


def test_a_short_password_is_refused(users: Users) -> None:
    with pytest.raises(AccountError, match="12 characters"):
        users.set_password("admin", "x" * 11)


def test_the_first_account_is_made_once(users: Users) -> None:
    made = users.ensure_first()
    assert made is not None
    assert len(made) >= 12
    assert users.verify("admin", made)
    assert users.ensure_first() is None
    assert users.names() == ["admin"]


def test_a_given_first_password_is_used_and_not_told(users: Users) -> None:
    assert users.ensure_first(PASSWORD) is None
    assert users.verify("admin", PASSWORD)


def test_a_later_start_does_not_change_the_password(users: Users) -> None:
    users.ensure_first(PASSWORD)
    users.ensure_first("another password")
    assert users.verify("admin", PASSWORD)
