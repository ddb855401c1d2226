"""Who a request speaks for, and which open sockets belong to which session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

from dashboard.auth.logins import Logins
from perfwatch.api_tokens import START, ApiTokens, is_of_token
from perfwatch.beat import beat
from perfwatch.errors import AccountError, TokenError
from perfwatch.tokens import Session, Tokens
from perfwatch.users import Role, Users

COOKIE = "perfwatch_session"
DEVICE_COOKIE = "perfwatch_device"
_FOLLOW_SECONDS = 5.0

_log = logging.getLogger(__name__)


def cookie_name(scope: Scope, name: str) -> str:
    """Over HTTPS under a prefix for which browsers take no cookie that another host or plain HTTP has set."""
    return f"__Host-{name}" if scope["scheme"] in ("https", "wss") else name


class Sessions:
    """Reads sessions from requests; ends them, with every socket that they have open."""

    def __init__(self, tokens: Tokens, users: Users, api_tokens: ApiTokens, logins: Logins) -> None:
        self.tokens = tokens
        self.logins = logins
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
        self.logins.use(session, scope, self.tokens.lifetime, self.is_open(session))
        return session

    def is_open(self, session: Session) -> bool:
        """Whether a page of it is open."""
        return session in self._open

    def begin(self, scope: Scope, token: str) -> Session:
        """The session of a token that was issued just now; the one that is too many for its account ends."""
        session = self.of(scope, token)
        for jti in self.logins.beyond(session.username):
            self.end_one(session.username, jti)
        return session

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
                self.logins.touch(session)

    def end(self, session: Session) -> None:
        """End a session for good and close its sockets: at once, and on disk as soon as that can be."""
        self.logins.end(session.jti)
        try:
            self.tokens.revoke(session)
        except OSError as exc:
            _log.error("The logout of %s is not on disk yet: %s", session.username, exc)
        for ended in self._open.get(session, ()):
            ended.set()

    def end_one(self, username: str, jti: str) -> bool:
        """End that session of the account. Whether there was one."""
        login = self.logins.of(username).get(jti)
        if login is None:
            return False
        opened = next((one for one in self._open if one.jti == jti), None)
        self.end(opened or Session(username, jti, login.expires))
        return True

    def close_ended(self) -> None:
        """Close the sockets of all sessions that are no longer good."""
        for session, sockets in self._open.items():
            if not self._admits(session):
                for ended in sockets:
                    ended.set()

    async def follow(self) -> None:
        """Close the sockets of whom the command line took away; keep who is logged in, and what was used."""
        while True:
            await beat(_FOLLOW_SECONDS)
            try:
                self.close_ended()
                await self._keep()
                if self._api_tokens.unsaved:
                    await asyncio.to_thread(self._api_tokens.save_used)
            except (AccountError, OSError) as exc:
                _log.warning("Sessions or users cannot be read or written: %s", exc)

    async def _keep(self) -> None:
        for session in self._open:
            self.logins.touch(session)
        self.tokens.save()
        await self.logins.save()

    def _admits(self, session: Session) -> bool:
        if is_of_token(session):
            return self._api_tokens.admits(session)
        return self.tokens.signed(session) and self._users.admits(session)


def cookie(headers: Headers, name: str) -> str | None:
    """The value of a cookie, or None."""
    try:
        jar = SimpleCookie("; ".join(headers.getlist("cookie")))
    except CookieError:
        return None
    return jar[name].value if name in jar else None
