"""One-time codes: each is good once, for a while, for one machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.admin.join.invitation import MINUTES, Invitations
from perfwatch.admin.join.machine import identity, password, secret
from perfwatch.errors import AccountError
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def invitations(tmp_path: Path, clock: Clock) -> Invitations:
    return Invitations(tmp_path / "invitations", clock)


def named(code: str) -> str:
    return identity(secret(code))


def test_server_and_machine_derive_the_same_password(invitations: Invitations) -> None:
    code = invitations.make("pi")
    invitation = invitations.use(named(code))
    derived, salt = invitation.account()
    assert invitation.name == "pi"
    assert password(secret(code), salt) == derived
    assert invitation.account()[0] != derived


def test_a_code_is_good_once(invitations: Invitations) -> None:
    code = named(invitations.make("pi"))
    invitations.use(code)
    with pytest.raises(AccountError, match="was used already"):
        invitations.use(code)


def test_a_code_expires(invitations: Invitations, clock: Clock) -> None:
    code = named(invitations.make("pi"))
    clock.now += MINUTES * 60 + 1
    with pytest.raises(AccountError, match="has expired: it was good for 15 minutes"):
        invitations.use(code)


@pytest.mark.parametrize("wrong", ["", "/", "../users.json", "0" * 64, "0" * 63, "*"])
def test_what_is_no_code_is_refused(invitations: Invitations, wrong: str) -> None:
    invitations.make("pi")
    with pytest.raises(AccountError, match="is not known here"):
        invitations.use(wrong)


def test_a_new_code_voids_the_earlier_one_of_that_machine_only(invitations: Invitations) -> None:
    first, other, second = (named(invitations.make(name)) for name in ("pi", "nas", "pi"))
    with pytest.raises(AccountError, match="is not known here"):
        invitations.use(first)
    assert invitations.use(other).name == "nas"
    assert invitations.use(second).name == "pi"


def test_codes_are_kept_privately_and_not_as_they_are(invitations: Invitations, tmp_path: Path) -> None:
    code = invitations.make("pi")
    (kept,) = (tmp_path / "invitations").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert code not in kept.name + kept.read_text()


def test_old_ones_are_forgotten(invitations: Invitations, clock: Clock, tmp_path: Path) -> None:
    invitations.use(named(invitations.make("pi")))
    invitations.make("nas")
    clock.now += 2 * 86400
    invitations.make("printer")
    assert len([*(tmp_path / "invitations").iterdir()]) == 1
