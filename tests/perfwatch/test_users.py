from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from perfwatch.errors import AccountError
from perfwatch.tokens import Session
from perfwatch.users import Account, Role, Users

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    return Users(tmp_path / "users.json", CHEAP)


def test_only_the_right_password_of_a_known_account_is_right(users: Users) -> None:
    users.add("admin", PASSWORD, Role.ADMIN)
    assert users.verify("admin", PASSWORD)
    assert not users.verify("admin", PASSWORD + " ")
    assert not users.verify("admin", "")
    assert not users.verify("nobody", PASSWORD)


def test_passwords_are_kept_as_argon2id_and_privately(tmp_path: Path) -> None:
    users = Users(tmp_path / "users.json")
    users.add("admin", PASSWORD, Role.ADMIN)
    text = (tmp_path / "users.json").read_text()
    assert "$argon2id$" in text
    assert PASSWORD not in text
    assert (tmp_path / "users.json").stat().st_mode & 0o777 == 0o600


def test_accounts_of_7e7d119_are_kept(tmp_path: Path) -> None:
    """Written by that commit, with the password of the tests."""
    shutil.copy(Path(__file__).parent / "recordings" / "users-7e7d119.json", tmp_path / "users.json")
    users = Users(tmp_path / "users.json")
    assert users.verify("admin", "a password for tests")
    assert users.accounts()["admin"].generation == "nWiHtBWe"  # in the sessions of before
    assert users.ensure_first() is None


def test_a_short_password_is_refused(users: Users) -> None:
    with pytest.raises(AccountError, match="expected 12 or more"):
        users.add("admin", "x" * 11, Role.ADMIN)
    users.add("admin", PASSWORD, Role.ADMIN)
    with pytest.raises(AccountError, match="expected 12 or more"):
        users.set_password("admin", "x" * 11)
    assert users.verify("admin", PASSWORD)


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


def test_the_file_of_an_earlier_release_is_read_as_admins_and_written_anew(
    users: Users, tmp_path: Path
) -> None:
    hashed = CHEAP.hash(PASSWORD)
    (tmp_path / "users.json").write_text(json.dumps({"admin": hashed}))
    assert users.accounts() == {"admin": Account(hashed, Role.ADMIN)}
    assert users.verify("admin", PASSWORD)
    assert users.admits(Session("admin", "of an earlier release", 0))
    users.add("eve", PASSWORD, Role.VIEWER)
    assert [users.accounts()[name].role for name in ("admin", "eve")] == [Role.ADMIN, Role.VIEWER]
    assert users.verify("admin", PASSWORD)


def test_an_account_is_not_made_twice_or_changed_before_it_is_there(users: Users) -> None:
    users.add("admin", PASSWORD, Role.ADMIN)
    with pytest.raises(AccountError, match="already"):
        users.add("admin", PASSWORD + "2", Role.ADMIN)
    for change in (
        partial(users.set_password, "eve", PASSWORD),
        partial(users.set_role, "eve", Role.ADMIN),
        partial(users.remove, "eve"),
    ):
        with pytest.raises(AccountError, match="There is no user 'eve'"):
            change()
    assert users.verify("admin", PASSWORD)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a" * 65, "a\n", "<b>"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(users: Users, name: str) -> None:
    with pytest.raises(AccountError, match="expected 1 to 64"):
        users.add(name, PASSWORD, Role.ADMIN)


def test_the_last_admin_stays_one(users: Users) -> None:
    users.add("admin", PASSWORD, Role.ADMIN)
    users.add("eve", PASSWORD, Role.VIEWER)
    for change in (partial(users.remove, "admin"), partial(users.set_role, "admin", Role.VIEWER)):
        with pytest.raises(AccountError, match="must be an admin"):
            change()
    users.set_role("eve", Role.ADMIN)
    users.remove("admin")
    assert users.names() == ["eve"]


def test_a_new_password_ends_the_sessions_but_the_one_kept(users: Users) -> None:
    users.add("admin", PASSWORD, Role.ADMIN)
    began = users.accounts()["admin"].generation
    mine, other = Session("admin", "mine", 0, began), Session("admin", "other", 0, began)
    assert users.admits(mine)
    assert users.admits(other)
    users.set_password("admin", PASSWORD, "mine")
    assert users.admits(mine)
    assert not users.admits(other)
    users.set_password("admin", PASSWORD)
    assert not users.admits(mine)


def test_an_account_made_again_does_not_let_old_sessions_in(users: Users) -> None:
    users.add("admin", PASSWORD, Role.ADMIN)
    users.add("eve", PASSWORD, Role.VIEWER)
    old = Session("eve", "old", 0, users.accounts()["eve"].generation)
    users.remove("eve")
    assert not users.admits(old)
    users.add("eve", PASSWORD, Role.VIEWER)
    assert not users.admits(old)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    path.write_text("{")
    with pytest.raises(AccountError, match=f"The users in {path} cannot be read"):
        Users(path).ensure_first()


@pytest.mark.parametrize("name", ["..", ".", "-", "@", "_", "\uff41dmin", "\u0430dmin", "pi\u200b"])
def test_a_name_that_cannot_be_addressed_or_told_apart_is_refused(users: Users, name: str) -> None:
    with pytest.raises(AccountError):
        users.add(name, "a password for tests", Role.VIEWER)


@pytest.mark.parametrize("name", ["anna", "änne.k", "иван", "田中さん", "pi-2@home"])
def test_a_name_of_one_script_is_taken(users: Users, name: str) -> None:
    users.add(name, "a password for tests", Role.ADMIN)
    assert name in users.names()
    with pytest.raises(AccountError, match="already"):
        users.add(name.upper(), "a password for tests", Role.VIEWER)
