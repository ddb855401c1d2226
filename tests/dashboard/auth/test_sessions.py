"""How long a session lasts that nobody uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard.auth.sessions import Sessions
from perfwatch.api_tokens import ApiTokens
from perfwatch.errors import TokenError
from perfwatch.tokens import Revocations, Tokens
from perfwatch.users import Role, Users
from tests.clock import Clock

HOUR = 3600.0


def scope(token: str) -> dict[str, Any]:
    return {
        "type": "http",
        "scheme": "http",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }


def test_a_session_ends_when_nobody_uses_it_and_no_page_of_it_is_open(tmp_path: Path) -> None:
    clock = Clock()
    users = Users(tmp_path / "users.json")
    users.add("anna", "a password for tests", Role.ADMIN)
    account = users.account("anna")
    assert account is not None
    tokens = Tokens("x" * 32, Revocations(tmp_path / "revoked.json"))
    sessions = Sessions(tokens, users, ApiTokens(tmp_path), idle=HOUR, clock=clock)
    used = scope(tokens.issue("anna", account.generation))
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
