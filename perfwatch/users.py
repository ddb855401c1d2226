"""Accounts of the dashboard, in one private file. Passwords are kept as argon2id hashes only."""

from __future__ import annotations

import enum
import re
import secrets
import unicodedata
from pathlib import Path
from threading import Lock

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from perfwatch.errors import AccountError
from perfwatch.files import write_private
from perfwatch.passwords import weakness
from perfwatch.second_factor import SecondFactor, without
from perfwatch.tokens import Session

FIRST_ACCOUNT = "admin"
NAMES = "1 to 64 letters of one script, digits and any of . _ @ -, a letter or digit among them"

_NAME = re.compile(r"(?=.*[^\W_])[\w.@-]{1,64}")
# Scripts that are written side by side.
_TOGETHER = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK"}


class Role(enum.StrEnum):
    """A viewer may look at everything, and change only their own password."""

    ADMIN = "admin"
    VIEWER = "viewer"


class Account(Struct, frozen=True):
    """`password` is a hash. Sessions are good while they are of this `generation`, or are `kept`:

    the one session (its id) that changed the password or the second factor, which the others did not outlive.
    """

    password: str
    role: Role = Role.ADMIN
    generation: str = ""
    kept: str = ""
    second: SecondFactor | None = None


# The first releases kept the hash alone, and knew admins only.
_accounts = msgspec.json.Decoder(dict[str, Account | str])


class Users:
    """The accounts kept in `path`. May be shared by threads."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        self._path = path
        self._hasher = hasher or PasswordHasher()
        self._changing = Lock()
        # Checked when nobody has that name, so that a wrong name costs as long as a wrong password.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def names(self) -> list[str]:
        return sorted(self.accounts())

    def accounts(self) -> dict[str, Account]:
        """All of them, by name, as they are in the file now. Raises AccountError when it cannot be read."""
        if not self._path.exists():
            return {}
        try:
            kept = _accounts.decode(self._path.read_bytes())
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise AccountError(f"The users in {self._path} cannot be read: {exc}") from exc
        return {
            name: Account(account) if isinstance(account, str) else account for name, account in kept.items()
        }

    def account(self, username: str) -> Account | None:
        return self.accounts().get(username)

    def add(self, username: str, password: str, role: Role) -> None:
        """Make an account. Raises AccountError when it is there already or cannot be."""
        if not nameable(username):
            raise AccountError(f"username is {username[:100]!r}: expected {NAMES}")
        hashed = self._hash(username, password)
        with self._changing:
            accounts = self.accounts()
            if same := [name for name in accounts if name.casefold() == username.casefold()]:
                raise AccountError(f"There is a user {same[0]!r} already")
            self._write(accounts | {username: Account(hashed, role, _generation())})

    def set_password(self, username: str, password: str, keep: str = "") -> None:
        """Change a password, which ends the account's sessions but the one of the id `keep`.

        Raises AccountError when the password is too short or nobody has that name.
        """
        hashed = self._hash(username, password)
        self._replace(username, password=hashed, generation=_generation(), kept=keep)

    def set_second_factor(self, username: str, factor: SecondFactor | None, keep: str = "") -> None:
        """Ask for `factor` from now on, or for none. Ends the account's sessions but that of the id `keep`.

        Raises AccountError when nobody has that name.
        """
        self._replace(username, second=factor, generation=_generation(), kept=keep)

    def use_recovery(self, username: str, code: str) -> bool:
        """Whether that is a recovery code of the account. It was, once."""
        with self._changing:
            accounts = self.accounts()
            account = accounts.get(username)
            left = without(account.second, code) if account and account.second else None
            if account is None or left is None:
                return False
            self._write(accounts | {username: msgspec.structs.replace(account, second=left)})
            return True

    def set_role(self, username: str, role: Role) -> None:
        """Raises AccountError when there is no such account, or no other admin."""
        self._replace(username, role=role)

    def remove(self, username: str) -> None:
        """Raises AccountError when there is no such account, or no other admin."""
        with self._changing:
            accounts = self.accounts()
            _known(accounts, username)
            self._write({name: account for name, account in accounts.items() if name != username})

    def verify(self, username: str, password: str) -> bool:
        """Whether that is the account's password. Takes tens of milliseconds, by design."""
        account = self.account(username)
        try:
            self._hasher.verify(account.password if account else self._nobody, password)
            return account is not None
        except (VerificationError, InvalidHashError):
            return False

    def admits(self, session: Session) -> bool:
        """Whether the session's account is still there, with the password that the session began under."""
        account = self.account(session.username)
        return account is not None and (
            session.generation == account.generation or session.jti == account.kept
        )

    def ensure_first(self, password: str = "") -> str | None:
        """Make the first account when there is none yet.

        Returns the password when it was made up here, to be shown once; None otherwise.
        """
        if self.accounts():
            return None
        made = "" if password else secrets.token_urlsafe(12)
        self.add(FIRST_ACCOUNT, password or made, Role.ADMIN)
        return made or None

    def _hash(self, username: str, password: str) -> str:
        if weak := weakness(username, password):
            raise AccountError(f"The password of {username!r} {weak}")
        return self._hasher.hash(password)

    def _replace(self, username: str, **changes: object) -> None:
        with self._changing:
            accounts = self.accounts()
            changed = msgspec.structs.replace(_known(accounts, username), **changes)
            self._write(accounts | {username: changed})

    def _write(self, accounts: dict[str, Account]) -> None:
        if not any(account.role is Role.ADMIN for account in accounts.values()):
            raise AccountError("There must be an admin: make another user an admin first")
        write_private(self._path, msgspec.json.format(msgspec.json.encode(accounts), indent=1).decode())


def nameable(username: str) -> bool:
    """Whether that can be a new account's name: one that a path can have, and that looks like no other."""
    plain = unicodedata.normalize("NFKC", username) == username
    return plain and _NAME.fullmatch(username) is not None and len(_scripts(username)) <= 1


def _scripts(name: str) -> set[str]:
    words = (unicodedata.name(letter, "").split(" ")[0] for letter in name if letter.isalpha())
    return {_TOGETHER.get(word, word) for word in words}


def _known(accounts: dict[str, Account], username: str) -> Account:
    if username not in accounts:
        raise AccountError(f"There is no user {username!r}")
    return accounts[username]


def _generation() -> str:
    return secrets.token_urlsafe(6)
