"""Accounts of the dashboard, in one private file. Passwords are kept as argon2id hashes only."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from perfwatch.errors import AccountError
from perfwatch.files import write_private

FIRST_ACCOUNT = "admin"
MINIMUM_LENGTH = 12


class Users:
    """The accounts kept in `path`."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        self._path = path
        self._hasher = hasher or PasswordHasher()
        # Checked when nobody has that name, so that a wrong name costs as long as a wrong password.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def names(self) -> list[str]:
        return sorted(self._load())

    def set_password(self, username: str, password: str) -> None:
        """Make the account, or change its password. Raises AccountError when it is too short."""
        if len(password) < MINIMUM_LENGTH:
            raise AccountError(f"The password of {username!r} must have {MINIMUM_LENGTH} characters or more")
        accounts = self._load()
        accounts[username] = self._hasher.hash(password)
        write_private(self._path, json.dumps(accounts, indent=1))

    def verify(self, username: str, password: str) -> bool:
        """Whether that is the account's password. Takes tens of milliseconds, by design."""
        kept = self._load().get(username)
        try:
            self._hasher.verify(kept or self._nobody, password)
            return kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def ensure_first(self, password: str = "") -> str | None:
        """Make the first account when there is none yet.

        Returns the password when it was made up here, to be shown once; None otherwise.
        """
        if self.names():
            return None
        made = "" if password else secrets.token_urlsafe(12)
        self.set_password(FIRST_ACCOUNT, password or made)
        return made or None

    def _load(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        accounts: dict[str, str] = json.loads(self._path.read_text())
        return accounts
