"""One-time codes by which another machine gets its account on the broker."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from perfwatch.admin.join.machine import identity, password, secret
from perfwatch.errors import AccountError
from perfwatch.files import write_private

MINUTES = 15
# Until then a code that comes too late is told so, instead of being unknown.
_REMEMBERED_SECONDS = 86400
_ANOTHER = "Have a new line made where this one came from"

_IDENTITY = re.compile(r"[0-9a-f]{64}")


class Invitation(Struct):
    """For the machine `name`. `known` is its code's `machine.secret`; `expires` is in seconds since 1970."""

    name: str
    known: bytes
    expires: float

    def account(self) -> tuple[str, str]:
        """A new password, and the salt by which the machine derives it too."""
        salt = secrets.token_hex(32)
        return password(self.known, salt), salt


class Invitations:
    """The codes that were given out: a private file each in `folder`, named by its `machine.identity`.

    One that is used gets another name, which only one of two at once can give it.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def make(self, name: str) -> str:
        """A code for the machine `name`. Earlier ones for it are void."""
        self.withdraw(name)
        code = secrets.token_urlsafe(16)
        known = secret(code)
        made = Invitation(name, known, self._clock() + MINUTES * 60)
        write_private(self._folder / identity(known), msgspec.json.encode(made).decode())
        return code

    def withdraw(self, name: str) -> bool:
        """Take back what is open for `name`; returns whether there was any. Forgets old ones."""
        found = False
        for path in self._folder.glob("[0-9a-f]*"):
            one = _read(path)
            open_for_it = one.name == name and not path.suffix
            found |= open_for_it and one.expires > self._clock()
            if open_for_it or one.expires < self._clock() - _REMEMBERED_SECONDS:
                path.unlink(missing_ok=True)
        return found

    def use(self, named: str) -> Invitation:
        """The invitation of the code with that `machine.identity`, used up now. Raises AccountError."""
        path, used = self._folder / named, self._folder / f"{named}.used"
        if not _IDENTITY.fullmatch(named) or not (path.exists() or used.exists()):
            raise AccountError(f"This code is not known here. {_ANOTHER}")
        try:
            path.rename(used)
        except FileNotFoundError:
            raise AccountError(f"This code was used already. {_ANOTHER}") from None
        invitation = _read(used)
        if invitation.expires < self._clock():
            raise AccountError(f"This code has expired: it was good for {MINUTES} minutes. {_ANOTHER}")
        return invitation


def _read(path: Path) -> Invitation:
    return msgspec.json.decode(path.read_bytes(), type=Invitation)


def invitations(folder: Path) -> Invitations:
    """Those of a data folder."""
    return Invitations(folder / "secrets" / "invitations")
