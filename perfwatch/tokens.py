"""Session tokens: JWT, HS256, each with an id of its own so that it can be revoked."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jwt

from perfwatch.errors import StartError, TokenError
from perfwatch.files import stamp, write_private

ISSUER = "perfwatch"
SESSION = "perfwatch-dashboard"
DEVICE = "perfwatch-device"
NEVER = 253_402_300_799
"""When a session ends that has no end: the last second that a date can name."""

# Of a key, in characters: fewer can be guessed from a token.
MINIMUM_KEY = 32
_ANEW = "make a new one by `perfwatch secret rotate`, which ends every login"

_log = logging.getLogger(__name__)


class Session(NamedTuple):
    """Who a token speaks for. `expires` is in seconds since 1970.

    `generation` is the account's when the session began: it changes with the password. `key` names the
    key by which it was signed, and says nothing of it.
    """

    username: str
    jti: str
    expires: int
    generation: str = ""
    key: str = ""


class Key:
    """The signing key in a file, read again when the file is replaced: `current`. See `load_key`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key = load_key(path)
        self._stamp = stamp(path)

    def current(self) -> str:
        """What is in the file; a file that is gone, or is no key, changes nothing."""
        if (found := stamp(self._path)) not in (None, self._stamp):
            self._stamp = found
            try:
                self._key = load_key(self._path)
                _log.info("The key of sessions is another: every login is over")
            except (StartError, OSError) as exc:
                _log.error("The key of sessions stays as it was: %s", exc)
        return self._key


class Revocations:
    """The ids of tokens that were ended before their time, in a file, so a restart keeps them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._expiries: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        self._saved = True

    def __contains__(self, jti: object) -> bool:
        return jti in self._expiries

    def add(self, session: Session, now: float) -> None:
        """Remember `session` as ended, whatever the disk does; forget those that have expired."""
        live = {jti: expires for jti, expires in self._expiries.items() if expires > now}
        self._expiries = {**live, session.jti: session.expires}
        self._saved = False
        self.save()

    def save(self) -> None:
        """Write what is not in the file yet. Raises OSError."""
        if not self._saved:
            write_private(self._path, json.dumps(self._expiries))
            self._saved = True


class Tokens:
    """Issues tokens and says who they speak for. `key` is asked each time: it may change."""

    def __init__(
        self,
        key: Callable[[], str],
        revocations: Revocations,
        *,
        lifetime: int = 24 * 3600,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.lifetime = lifetime
        self._key = key
        self._revocations = revocations
        self._clock = clock

    def issue(
        self, username: str, generation: str = "", *, audience: str = SESSION, lifetime: int | None = None
    ) -> str:
        """A new token for `username`, good for `lifetime` seconds."""
        now = int(self._clock())
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "sub": username,
            "iat": now,
            "exp": now + (lifetime or self.lifetime),
            "jti": secrets.token_urlsafe(16),
            "gen": generation,
        }
        return jwt.encode(claims, self._key(), algorithm="HS256")

    def verify(self, token: str, *, audience: str = SESSION) -> Session:
        """The session of `token`. Raises TokenError when it is forged, expired or revoked."""
        key = self._key()
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                audience=audience,
                issuer=ISSUER,
                # Expiry is compared below, with the clock that issued it.
                options={"require": ["exp", "sub", "jti"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as exc:
            raise TokenError("The session token is not valid: log in again") from exc
        session = Session(claims["sub"], claims["jti"], claims["exp"], claims.get("gen", ""), _name_of(key))
        if session.expires <= self._clock():
            raise TokenError("The session has expired: log in again")
        if session.jti in self._revocations:
            raise TokenError("The session has ended: log in again")
        return session

    def signed(self, session: Session) -> bool:
        """Whether the key of `session` still is the key."""
        return session.key == _name_of(self._key())

    def revoke(self, session: Session) -> None:
        """End `session` now and for good. Raises OSError when that is known until a restart only."""
        self._revocations.add(session, self._clock())

    def save(self) -> None:
        """Try again to write what was revoked while the disk was full. Raises OSError."""
        self._revocations.save()


def load_key(path: Path) -> str:
    """The signing key kept in `path`, made (256 bits, mode 0600) when there is none.

    Raises StartError for one that is too short, or that others may read or have put there.
    """
    if not path.exists():
        write_key(path)
    key = path.read_text().strip()
    if len(key) < MINIMUM_KEY:
        raise StartError(f"The key in {path} has {len(key)} characters: expected {MINIMUM_KEY} or more")
    found = path.stat()
    if found.st_mode & 0o077:
        raise StartError(f"Others may read the key in {path}: {_ANEW}")
    if found.st_uid not in (os.geteuid(), path.parent.stat().st_uid):
        raise StartError(f"The key in {path} is of another user (id {found.st_uid}): {_ANEW}")
    return key


def write_key(path: Path) -> None:
    """Put a new key in the place of whatever is there: every login is over then."""
    write_private(path, secrets.token_hex(32))


def _name_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
