"""Accounts of the broker beyond our own: programs that read everything, and collectors elsewhere."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from perfwatch.errors import AccountError
from perfwatch.files import write_private
from perfwatch.readings.codec import format_time, now
from perfwatch.topics import safe_level

NAMES = "1 to 32 small letters, digits, _ and -"

_NAME = re.compile(r"[a-z0-9_-]{1,32}")


Role = Literal["reader", "collector"]


class Integration(Struct, frozen=True):
    """`created_at` is RFC 3339. A `collector` may speak for the host that the account is named like."""

    password: str
    created_at: str
    role: Role = "reader"


_kept = msgspec.json.Decoder(dict[str, Integration])


class Integrations:
    """The accounts kept in `path`, a private file that `perfwatch up` follows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> dict[str, Integration]:
        """By name. Raises AccountError when the file cannot be read."""
        try:
            return _kept.decode(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as exc:
            raise AccountError(f"The integrations in {self.path} cannot be read: {exc}") from exc

    def add(self, name: str, taken: Collection[str], role: Role = "reader") -> Integration:
        """Make an account. Raises AccountError when the name cannot be one or is among `taken`."""
        if role == "reader" and not _NAME.fullmatch(name):
            raise AccountError(f"name is {name[:100]!r}: expected {NAMES}")
        if role == "collector" and (":" in name or name != safe_level(name)):
            raise AccountError(f"name is {name[:100]!r}: expected a host's name without : + # / and $")
        known = self.all()
        if name in known or name in taken:
            raise AccountError(f"The broker has an account {name!r} already")
        made = Integration(secrets.token_urlsafe(24), format_time(now()), role)
        self._write(known | {name: made})
        return made

    def remove(self, name: str) -> Integration:
        """The account that was there. Raises AccountError when there is none of that name."""
        known = self.all()
        if name not in known:
            names = ", ".join(sorted(known)) or "none yet"
            raise AccountError(f"The broker has no account {name[:100]!r} to take away (there are: {names})")
        removed = known.pop(name)
        self._write(known)
        return removed

    def stamp(self) -> tuple[int, int] | None:
        """What differs after each change: the clock of a file's times stands still for milliseconds."""
        if not self.path.exists():
            return None
        found = self.path.stat()
        return found.st_mtime_ns, found.st_ino

    def _write(self, accounts: dict[str, Integration]) -> None:
        write_private(self.path, msgspec.json.encode(accounts).decode())


def integrations_path(folder: Path) -> Path:
    """Where the integrations of a data folder are kept."""
    return folder / "secrets" / "integrations.json"
