"""Session tokens: JWT, HS256, each with an id of its own so that it can be revoked."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jwt

from perfwatch.errors import StartError, TokenError
from perfwatch.files import write_private

ISSUER = "perfwatch"
SESSION = "perfwatch-dashboard"
DEVICE = "perfwatch-device"
NEVER = 253_402_300_799
"""When a session ends that has no end: the last second that a date can name."""

# Of a key, in characters: fewer can be guessed from a token.
MINIMUM_KEY = 32


class Session(NamedTuple):
    """Who a token speaks for. `expires` is in seconds since 1970.

    `generation` is the account's when the session began: it changes with the password.
    """

    username: str
    jti: str
    expires: int
    generation: str = ""


class Revocations:
    """The ids of tokens that were ended before their time, in a file, so a restart keeps them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._expiries: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}

    def __contains__(self, jti: object) -> bool:
        return jti in self._expiries

    def add(self, session: Session, now: float) -> None:
        """Remember `session` as ended; forget those that have expired by themselves."""
        live = {jti: expires for jti, expires in self._expiries.items() if expires > now}
        self._expiries = {**live, session.jti: session.expires}
        write_private(self._path, json.dumps(self._expiries))


class Tokens:
    """Issues tokens and says who they speak for."""

    def __init__(
        self,
        key: str,
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
        return jwt.encode(claims, self._key, algorithm="HS256")

    def verify(self, token: str, *, audience: str = SESSION) -> Session:
        """The session of `token`. Raises TokenError when it is forged, expired or revoked."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=audience,
                issuer=ISSUER,
                # Expiry is compared below, with the clock that issued it.
                options={"require": ["exp", "sub", "jti"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as exc:
            raise TokenError("The session token is not valid: log in again") from exc
        session = Session(claims["sub"], claims["jti"], claims["exp"], claims.get("gen", ""))
        if session.expires <= self._clock():
            raise TokenError("The session has expired: log in again")
        if session.jti in self._revocations:
            raise TokenError("The session has ended: log in again")
        return session

    def revoke(self, session: Session) -> None:
        """End `session` now and for good."""
        self._revocations.add(session, self._clock())


def load_key(path: Path) -> str:
    """The signing key kept in `path`, made (256 bits, mode 0600) when there is none.

    Raises StartError for one that is too short, or that others than its owner may read.
    """
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    key = path.read_text().strip()
    if len(key) < MINIMUM_KEY:
        raise StartError(f"The key in {path} has {len(key)} characters: expected {MINIMUM_KEY} or more")
    if path.stat().st_mode & 0o077:
        raise StartError(
            f"Others may read the key in {path}: remove it, so that a new one is made at the start"
        )
    return key
