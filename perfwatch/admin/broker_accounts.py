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
from perfwatch.files import stamp, write_private
from perfwatch.readings.codec import format_time, now
from perfwatch.topics import safe_level

NAMES = "1 to 32 lowercase letters, digits, _ and -"

_NAME = re.compile(r"[a-z0-9_-]{1,32}")


HOME_ASSISTANT = "homeassistant"

Role = Literal["reader", "homeassistant", "collector"]


class Integration(Struct, frozen=True):
    """`created_at` is RFC 3339. A `collector` may speak for the host that the account is named like.

    The others read everything of ours. `homeassistant` also reads and writes Home Assistant's discovery
    prefix; any may read and write the topic filters in `writes`.
    """

    password: str
    created_at: str
    role: Role = "reader"
    writes: tuple[str, ...] = ()


_kept = msgspec.json.Decoder(dict[str, Integration])


class Integrations:
    """The accounts kept in `path`, a private file that `perfwatch up` follows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> dict[str, Integration]:
        """By name. Raises AccountError when the file cannot be read."""
        try:
            kept = _kept.decode(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as exc:
            raise AccountError(f"The integrations in {self.path} cannot be read: {exc}") from exc
        return {name: _as_today(name, one) for name, one in kept.items()}

    def add(
        self,
        name: str,
        taken: Collection[str],
        role: Role = "reader",
        writes: Collection[str] = (),
        password: str = "",
    ) -> Integration:
        """Make an account, with a new password when none is given. Raises AccountError as `check` does.

        The account called `homeassistant` is Home Assistant's.
        """
        if role == "reader" and name == HOME_ASSISTANT:
            role = "homeassistant"
        self.check(name, taken, role)
        for topics in writes:
            check_filter(topics)
        made = Integration(password or secrets.token_urlsafe(24), format_time(now()), role, tuple(writes))
        self._write(self.all() | {name: made})
        return made

    def allow(self, name: str, writes: Collection[str]) -> None:
        """Let an account that is there write these topics too. Raises AccountError."""
        for topics in writes:
            check_filter(topics)
        known = self.all()
        added = (*known[name].writes, *(one for one in writes if one not in known[name].writes))
        self._write(known | {name: msgspec.structs.replace(known[name], writes=added)})

    def renew(self, name: str) -> Integration:
        """Give an account that is there another password."""
        known = self.all()
        renewed = msgspec.structs.replace(known[name], password=secrets.token_urlsafe(24))
        self._write(known | {name: renewed})
        return renewed

    def check(self, name: str, taken: Collection[str], role: Role) -> None:
        """Raise AccountError when the name cannot be an account's of that role, or is one already."""
        if role != "collector" and not _NAME.fullmatch(name):
            raise AccountError(f"name is {name[:100]!r}: expected {NAMES}")
        if role == "collector" and (":" in name or name != safe_level(name)):
            raise AccountError(f"name is {name[:100]!r}: expected a host's name without : + # / and $")
        if name in self.all() or name in taken:
            raise AccountError(f"The broker has an account {name!r} already")

    def remove(self, name: str) -> Integration:
        """The account that was there. Raises AccountError when there is none of that name."""
        known = self.all()
        if name not in known:
            names = ", ".join(sorted(known)) or "none yet"
            raise AccountError(f"The broker has no account {name[:100]!r} to remove (there are: {names})")
        removed = known.pop(name)
        self._write(known)
        return removed

    def stamp(self) -> tuple[int, int] | None:
        """What differs after each change."""
        return stamp(self.path)

    def _write(self, accounts: dict[str, Integration]) -> None:
        write_private(self.path, msgspec.json.encode(accounts).decode())


def check_filter(topics: str) -> None:
    """Raise AccountError when that is no topic filter which an account may be given."""
    levels = topics.split("/")
    wild = any("+" in level and level != "+" for level in levels) or "#" in topics.removesuffix("#")
    alone = levels[-1] == "#" or not topics.endswith("#")
    if not topics or topics != topics.strip() or topics.startswith("$") or wild or not alone:
        raise AccountError(f"writes is {topics[:100]!r}: expected a topic filter, as zigbee2mqtt/#")
    if not topics.isprintable():
        raise AccountError(f"writes is {topics[:100]!r}: it has characters that cannot be printed")


def _as_today(name: str, one: Integration) -> Integration:
    """Home Assistant's account was an ordinary reader before it had a role of its own."""
    if name == HOME_ASSISTANT and one.role == "reader":
        return msgspec.structs.replace(one, role="homeassistant")
    return one


def integrations_path(folder: Path) -> Path:
    """Where the integrations of a data folder are kept."""
    return folder / "secrets" / "integrations.json"
