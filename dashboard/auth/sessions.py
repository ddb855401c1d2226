"""Who a request speaks for, and which open sockets belong to which session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

from perfwatch.api_tokens import START, ApiTokens, is_of_token
from perfwatch.errors import AccountError, TokenError
from perfwatch.tokens import Session, Tokens
from perfwatch.users import Role, Users

COOKIE = "perfwatch_session"
DEVICE_COOKIE = "perfwatch_device"
_FOLLOW_SECONDS = 5.0

# Sessions whose last use is remembered before those of long ago are looked for.
_REMEMBERED = 10_000

_log = logging.getLogger(__name__)


def cookie_name(scope: Scope, name: str) -> str:
    """Over HTTPS under a prefix for which browsers take no cookie that another host or plain HTTP has set."""
    return f"__Host-{name}" if scope["scheme"] in ("https", "wss") else name


class Sessions:
    """Reads sessions from requests; ends them, with every socket that they have open."""

    def __init__(
        self,
        tokens: Tokens,
        users: Users,
        api_tokens: ApiTokens,
        idle: float = 24 * 3600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tokens = tokens
        self._idle = idle
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._users = users
        self._api_tokens = api_tokens
        self._open: dict[Session, set[asyncio.Event]] = {}

    def of(self, scope: Scope, token: str | None = None) -> Session:
        """The session of `token`, of the bearer token or of the cookie. Raises TokenError."""
        headers = Headers(scope=scope)
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if token is None and scheme.lower() == "bearer":
            token = bearer.strip()
        if token is None:
            token = cookie(headers, cookie_name(scope, COOKIE))
        if not token:
            raise TokenError("Log in first: POST /api/auth/login, then send the token as a bearer token")
        if token.startswith(START):
            return self._api_tokens.session(token)
        session = self.tokens.verify(token)
        if not self._users.admits(session):
            raise TokenError("The session has ended: the account's password changed, or the account is gone")
        self._note_use(session)
        return session

    def _note_use(self, session: Session) -> None:
        """Raises TokenError when it was not used for too long. A page that is open uses it by its sockets."""
        now = self._clock()
        if session not in self._open and now - self._seen.get(session.jti, now) > self._idle:
            raise TokenError("Nobody used the session for too long: log in again")
        if len(self._seen) >= _REMEMBERED:
            self._seen = {jti: seen for jti, seen in self._seen.items() if now - seen <= self._idle}
        self._seen[session.jti] = now

    def role(self, session: Session) -> Role:
        """What the session's account, or its token, may do as of now."""
        if is_of_token(session):
            return self._api_tokens.role(session)
        account = self._users.account(session.username)
        return account.role if account else Role.VIEWER

    @contextmanager
    def socket(self, session: Session) -> Iterator[asyncio.Event]:
        """Registers one open socket; the event is set when its session ends before it does."""
        ended = asyncio.Event()
        self._open.setdefault(session, set()).add(ended)
        try:
            yield ended
        finally:
            self._open[session].discard(ended)
            if not self._open[session]:
                del self._open[session]
                self._seen[session.jti] = self._clock()

    def end(self, session: Session) -> None:
        """End a session for good and close its sockets."""
        try:
            self.tokens.revoke(session)
        except OSError as exc:
            _log.error("The logout of %s is forgotten at the next restart: %s", session.username, exc)
        for ended in self._open.get(session, ()):
            ended.set()

    def close_ended(self) -> None:
        """Close the sockets of all sessions that are no longer good."""
        for session, sockets in self._open.items():
            if not self._admits(session):
                for ended in sockets:
                    ended.set()

    async def follow(self) -> None:
        """Close the sockets of whom the command line took away, and keep when tokens were used."""
        while True:
            await asyncio.sleep(_FOLLOW_SECONDS)
            try:
                self.close_ended()
                await asyncio.to_thread(self._api_tokens.save_used)
            except (AccountError, OSError) as exc:
                _log.warning("Sessions or users cannot be read or written: %s", exc)

    def _admits(self, session: Session) -> bool:
        return (self._api_tokens if is_of_token(session) else self._users).admits(session)


def cookie(headers: Headers, name: str) -> str | None:
    """The value of a cookie, or None."""
    try:
        jar = SimpleCookie("; ".join(headers.getlist("cookie")))
    except CookieError:
        return None
    return jar[name].value if name in jar else None
