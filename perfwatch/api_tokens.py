"""Tokens by which other programs use the dashboard's API. Of each only a hash is kept."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import msgspec
from msgspec import Struct

from perfwatch.errors import AccountError, TokenError
from perfwatch.files import write_private
from perfwatch.readings.codec import format_time, from_ms, now
from perfwatch.setting_types import Duration
from perfwatch.tokens import NEVER, Session
from perfwatch.users import Role

START = "pw_"
NAMES = "1 to 32 lowercase letters, digits, _ and -"

_LIFETIME = Duration(low=1)
_NAME = re.compile(r"[a-z0-9_-]{1,32}")
# No account's name has a colon, so no token can pass for one.
_SPEAKER = "token:"


class ApiToken(Struct, frozen=True):
    """`digest` is the token's SHA-256: it has 256 random bits, so a slow hash would protect nothing.

    `expires` is in seconds since 1970; None means that it does not.
    """

    digest: str
    role: Role
    created_at: str
    expires: int | None = None

    def described(self, name: str, used: str | None) -> dict[str, str | None]:
        """What may be shown of it; `used` is when it was used last."""
        until = None if self.expires is None else format_time(from_ms(self.expires * 1000))
        return {
            "name": name,
            "role": self.role,
            "created_at": self.created_at,
            "expires_at": until,
            "last_used": used,
        }


_kept = msgspec.json.Decoder(dict[str, ApiToken])


class ApiTokens:
    """The tokens kept in `secrets/api_tokens.json` of a data folder, a private file (0600).

    When each was used last is in a file of its own, which the dashboard alone writes, now and then; `unsaved`
    says whether it is to be. `clock` is in seconds since 1970.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / "secrets" / "api_tokens.json"
        self._used_path = folder / "api_tokens_used.json"
        self._clock = clock
        self._changing = Lock()
        self._used: dict[str, str] = {}
        self.unsaved = False

    def all(self) -> dict[str, ApiToken]:
        """By name, as they are in the file now. Raises AccountError when it cannot be read."""
        try:
            return _kept.decode(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as exc:
            raise AccountError(f"The API tokens in {self._path} cannot be read: {exc}") from exc

    def described(self) -> list[dict[str, str | None]]:
        """What may be shown of each, by name."""
        used = self._last_used()
        return [one.described(name, used.get(one.digest)) for name, one in sorted(self.all().items())]

    def add(self, name: str, role: Role, lifetime: float | None = None) -> str:
        """Make a token, good for `lifetime` seconds, and return it: it cannot be had again.

        Raises AccountError when the name cannot be one or is taken.
        """
        if not _NAME.fullmatch(name):
            raise AccountError(f"name is {name[:100]!r}: expected {NAMES}")
        token = START + secrets.token_urlsafe(32)
        expires = None if lifetime is None else int(self._clock() + lifetime)
        with self._changing:
            known = self.all()
            if name in known:
                raise AccountError(
                    f"There is a token {name!r} already: revoke it first, or choose another name"
                )
            self._write(known | {name: ApiToken(_digest(token), role, format_time(now()), expires)})
        return token

    def remove(self, name: str) -> None:
        """Raises AccountError when there is none of that name."""
        with self._changing:
            known = self.all()
            if name not in known:
                names = ", ".join(sorted(known)) or "none yet"
                raise AccountError(f"There is no token {name[:100]!r} (there are: {names})")
            del known[name]
            self._write(known)

    def session(self, token: str) -> Session:
        """Who `token` speaks for. Raises TokenError when it is unknown, revoked or expired."""
        digest = _digest(token)
        name, found = next(
            ((name, one) for name, one in self.all().items() if one.digest == digest), ("", None)
        )
        if found is None:
            raise TokenError("The API token is unknown: it was revoked or never existed")
        if self._over(found):
            raise TokenError(f"The API token {name!r} has expired: revoke it and make another")
        self._note_use(digest)
        return Session(_SPEAKER + name, digest[:22], found.expires or NEVER, digest)

    def role(self, session: Session) -> Role:
        """What that session of a token may do, as of now."""
        found = self.all().get(session.username.removeprefix(_SPEAKER))
        return found.role if found else Role.VIEWER

    def admits(self, session: Session) -> bool:
        """Whether the token by which that session began is still good."""
        found = self.all().get(session.username.removeprefix(_SPEAKER))
        return found is not None and found.digest == session.generation and not self._over(found)

    def save_used(self) -> None:
        """Keep over a restart when each token was used last. Raises OSError when the disk does not."""
        self.unsaved = False
        digests = {one.digest for one in self.all().values()}
        used = {digest: when for digest, when in self._last_used().items() if digest in digests}
        write_private(self._used_path, json.dumps(used))

    def _note_use(self, digest: str) -> None:
        # To the minute: so it is kept once a minute, however often a program asks.
        when = format_time(now().replace(second=0, microsecond=0))
        if self._used.get(digest) != when:
            self._used[digest] = when
            self.unsaved = True

    def _last_used(self) -> dict[str, str]:
        try:
            kept: dict[str, str] = json.loads(self._used_path.read_text())
        except (OSError, ValueError):
            kept = {}  # nothing but these times is lost with it
        return kept | self._used

    def _over(self, token: ApiToken) -> bool:
        return token.expires is not None and token.expires <= self._clock()

    def _write(self, tokens: dict[str, ApiToken]) -> None:
        write_private(self._path, msgspec.json.format(msgspec.json.encode(tokens), indent=1).decode())


def is_of_token(session: Session) -> bool:
    """Whether that session is a program's, by an API token."""
    return session.username.startswith(_SPEAKER)


def lifetime_seconds(text: str) -> float:
    """Raises AccountError when `text` is no length of time that a token may last."""
    try:
        return _LIFETIME.parse(text)
    except ValueError as exc:
        raise AccountError(f"lifetime is {text[:100]!r}: expected {_LIFETIME.expected}") from exc


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
