from __future__ import annotations

import os
from pathlib import Path

import jwt
import pytest

from perfwatch.errors import StartError, TokenError
from perfwatch.tokens import DEVICE, Key, Revocations, Tokens, load_key, write_key
from tests.clock import Clock

KEY = "k" * 64


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(tmp_path: Path, clock: Clock) -> Tokens:
    return Tokens(lambda: KEY, Revocations(tmp_path / "revoked.json"), lifetime=60, clock=clock)


def test_a_token_speaks_for_its_user_until_it_expires(tokens: Tokens, clock: Clock) -> None:
    token = tokens.issue("admin")
    session = tokens.verify(token)
    assert (session.username, session.expires) == ("admin", 1_800_000_060)
    clock.now += 60
    with pytest.raises(TokenError, match="expired"):
        tokens.verify(token)


def test_only_the_clock_that_issued_a_token_ends_it(tokens: Tokens, clock: Clock) -> None:
    clock.now = 1_000_000_000  # 2001
    assert tokens.verify(tokens.issue("admin")).expires == 1_000_000_060


def test_a_token_carries_the_generation_of_its_account(tokens: Tokens) -> None:
    assert tokens.verify(tokens.issue("admin", "third")).generation == "third"
    claims = jwt.decode(tokens.issue("admin"), options={"verify_signature": False})
    assert claims.pop("gen") == ""
    assert tokens.verify(jwt.encode(claims, KEY, algorithm="HS256")).generation == ""


def test_a_session_is_signed_by_the_key_that_is_in_the_file(tmp_path: Path) -> None:
    key = Key(tmp_path / "jwt")
    tokens = Tokens(key.current, Revocations(tmp_path / "revoked.json"))
    session = tokens.verify(tokens.issue("admin"))
    assert tokens.signed(session)
    write_key(tmp_path / "jwt")
    assert not tokens.signed(session)
    assert key.current() == load_key(tmp_path / "jwt")


def test_a_key_that_is_gone_or_unusable_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = Key(tmp_path / "jwt")
    before = key.current()
    (tmp_path / "jwt").unlink()
    assert key.current() == before
    (tmp_path / "jwt").write_text("short")
    assert [key.current(), key.current()] == [before, before]
    assert [record.getMessage()[:35] for record in caplog.records] == ["The key of sessions stays as it was"]


def test_no_two_tokens_have_the_same_id(tokens: Tokens) -> None:
    assert tokens.verify(tokens.issue("admin")).jti != tokens.verify(tokens.issue("admin")).jti


def test_a_revoked_token_stays_revoked_after_a_restart(tokens: Tokens, tmp_path: Path, clock: Clock) -> None:
    token, other = tokens.issue("admin"), tokens.issue("admin")
    tokens.revoke(tokens.verify(token))
    restarted = Tokens(lambda: KEY, Revocations(tmp_path / "revoked.json"), clock=clock)
    with pytest.raises(TokenError, match="ended"):
        restarted.verify(token)
    assert restarted.verify(other).username == "admin"


def test_expired_revocations_are_forgotten(tokens: Tokens, tmp_path: Path, clock: Clock) -> None:
    old = tokens.verify(tokens.issue("admin"))
    tokens.revoke(old)
    clock.now += 61
    tokens.revoke(tokens.verify(tokens.issue("admin")))
    assert old.jti not in (tmp_path / "revoked.json").read_text()


def test_forged_and_foreign_tokens_are_refused(tokens: Tokens) -> None:
    claims = jwt.decode(tokens.issue("admin"), options={"verify_signature": False})
    forgeries = [
        "",
        "nonsense",
        jwt.encode(claims, "x" * 64, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode({**claims, "aud": "elsewhere"}, KEY, algorithm="HS256"),
        jwt.encode({**claims, "iss": "elsewhere"}, KEY, algorithm="HS256"),
        jwt.encode({name: claims[name] for name in claims if name != "jti"}, KEY, algorithm="HS256"),
        tokens.issue("admin", audience=DEVICE),
    ]
    for forged in forgeries:
        with pytest.raises(TokenError, match="not valid"):
            tokens.verify(forged)


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "jwt"
    key = load_key(path)
    assert len(bytes.fromhex(key)) == 32
    assert load_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_short_or_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jwt"
    path.write_text("x" * 31)
    path.chmod(0o600)
    with pytest.raises(StartError, match="expected 32"):
        load_key(path)
    path.write_text("x" * 32)
    assert load_key(path)
    path.chmod(0o640)
    with pytest.raises(StartError, match="Others may read"):
        load_key(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_key_of_another_user_is_refused_and_a_new_one_is_the_folders_owners(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "jwt"
    load_key(path)
    os.chown(path, 12345, -1)
    with pytest.raises(StartError, match="of another user"):
        load_key(path)
    os.chown(path.parent, 12345, -1)
    write_key(path)
    assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (12345, 0o600)
