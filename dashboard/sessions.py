"""Who a request speaks for, and which open sockets belong to which session."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

from perfwatch.errors import TokenError
from perfwatch.tokens import Session, Tokens

COOKIE = "perfwatch_session"
DEVICE_COOKIE = "perfwatch_device"


class Sessions:
    """Reads sessions from requests; ends them, with every socket that they have open."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._open: dict[str, set[asyncio.Event]] = {}

    def of(self, scope: Scope, token: str | None = None) -> Session:
        """The session of `token`, of the bearer token or of the cookie. Raises TokenError."""
        headers = Headers(scope=scope)
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if token is None and scheme.lower() == "bearer":
            token = bearer.strip()
        if token is None:
            token = cookie(headers, COOKIE)
        if not token:
            raise TokenError("Log in first: POST /api/auth/login, then send the token as a bearer token")
        return self.tokens.verify(token)

    @contextmanager
    def socket(self, session: Session) -> Iterator[asyncio.Event]:
        """Registers one open socket; the event is set when its session ends before it does."""
        ended = asyncio.Event()
        self._open.setdefault(session.jti, set()).add(ended)
        try:
            yield ended
        finally:
            self._open[session.jti].discard(ended)
            if not self._open[session.jti]:
                del self._open[session.jti]

    def end(self, session: Session) -> None:
        """End a session for good and close its sockets."""
        self.tokens.revoke(session)
        for ended in self._open.get(session.jti, ()):
            ended.set()


def cookie(headers: Headers, name: str) -> str | None:
    """The value of a cookie, or None."""
    try:
        jar = SimpleCookie("; ".join(headers.getlist("cookie")))
    except CookieError:
        return None
    return jar[name].value if name in jar else None
