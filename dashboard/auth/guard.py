"""The one door: every page, route and socket passes here before anything else sees it.

Checks the Origin of whatever could change something or open a socket, then the session. Streamlit's
own socket is no exception. Who passed is handed on in headers that nobody outside can set.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.auth.sessions import Sessions
from perfwatch.errors import TokenError
from perfwatch.tokens import Session
from perfwatch.users import Role

PUBLIC = frozenset({"/login", "/health", "/favicon.ico", "/api/auth/login"})
# Machines that join have no session: what they fetch is no secret, and for an account they have a code.
PUBLIC_FOLDERS = ("/assets/", "/join/")
LIVE = "/api/ws/metrics"
SESSION_OVER = 4001

# What Streamlit shows to pages as st.user; see `server.trustedUserHeaders` in server.py.
IDENTITY = ("x-perfwatch-username", "x-perfwatch-jti", "x-perfwatch-expires")

# What a viewer may change: the own sessions, password and second factor.
OWN = "/api/auth/"

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """ASGI middleware. `allowed_origin` has further origins, with commas: a reverse proxy's name.

    `public` are paths that need no session.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        allowed_origin: str = "",
        public: Collection[str] = PUBLIC,
    ) -> None:
        self._app = app
        self._public = public
        self._sessions = sessions
        self._allowed = {
            _normal(origin.strip().rstrip("/")) for origin in allowed_origin.split(",") if origin.strip()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        foreign = self._foreign_origin(scope)
        if foreign and scope["method"] not in _READING_METHODS:
            detail = f"Origin {foreign!r} is not this server's: requests from other sites are refused"
            await JSONResponse({"detail": detail}, 403)(scope, receive, send)
            return
        path = scope["path"]
        if path in self._public or path.startswith(PUBLIC_FOLDERS):
            await self._app(_identified(scope, None), receive, send)
            return
        try:
            session = self._sessions.of(scope)
        except TokenError as exc:
            await _refusal(scope, str(exc))(scope, receive, send)
            return
        if self._may_only_look(scope, session):
            detail = (
                f"{session.username} is a viewer, who may look at everything and change nothing: ask an admin"
            )
            await JSONResponse({"detail": detail}, 403)(scope, receive, send)
            return
        await self._app(_identified(scope, session), receive, send)

    def _may_only_look(self, scope: Scope, session: Session) -> bool:
        """Whether the request would change what its sender may only look at. The role is asked each time."""
        changes = scope["method"] not in _READING_METHODS and not scope["path"].startswith(OWN)
        return changes and self._sessions.role(session) is not Role.ADMIN

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._foreign_origin(scope):
            # Closed before it is accepted, which the server turns into 403.
            await send({"type": "websocket.close", "code": 1008})
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        token = query.get("token", [None])[0] if scope["path"] == LIVE else None
        try:
            session = self._sessions.of(scope, token)
        except TokenError as exc:
            await _accept_and_close(scope, receive, send, str(exc))
            return
        with self._sessions.socket(session) as ended:
            await _until_over(self._app, _identified(scope, session), receive, send, session, ended)

    def _foreign_origin(self, scope: Scope) -> str | None:
        """The request's Origin when it is not ours. Programs send none; browsers always do."""
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None or _normal(origin) in self._allowed:
            return None
        if not origin:
            return "(empty)"
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        ours = f"{scheme}://{headers.get('host', '')}"
        return None if _normal(origin) == _normal(ours) else origin


def _normal(origin: str) -> str:
    """The origin without its scheme's own port, in small letters."""
    try:
        url = urlsplit(origin.lower())
    except ValueError:
        return origin  # no address at all, so nobody's
    port = {"http": ":80", "https": ":443"}.get(url.scheme, "")
    return f"{url.scheme}://{url.netloc.removesuffix(port) if port else url.netloc}"


def _identified(scope: Scope, session: Session | None) -> Scope:
    """A copy of `scope` whose identity headers are ours, whatever the client sent."""
    kept = [(name, value) for name, value in scope["headers"] if name.decode("latin-1") not in IDENTITY]
    if session is None:
        return {**scope, "headers": kept}
    values = (quote(session.username), session.jti, str(session.expires))
    mine = [(name.encode(), value.encode()) for name, value in zip(IDENTITY, values, strict=True)]
    return {**scope, "headers": kept + mine, "perfwatch.session": session}


def _refusal(scope: Scope, reason: str) -> Response:
    """The login page for a person, 401 for a program."""
    wants_page = "text/html" in Headers(scope=scope).get("accept", "")
    if scope["method"] in ("GET", "HEAD") and wants_page and not scope["path"].startswith("/api/"):
        target = scope["path"] + (
            f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        )
        return RedirectResponse(f"/login?next={quote(target, safe='')}", 303)
    return JSONResponse({"detail": reason}, 401, {"WWW-Authenticate": "Bearer"})


async def _accept_and_close(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    """Accept, then close: a socket refused before it is accepted reaches a browser as 1006."""
    await receive()
    # A browser that offered subprotocols breaks off when none of them is taken.
    await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
    await send({"type": "websocket.close", "code": SESSION_OVER, "reason": reason})


async def _until_over(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, session: Session, ended: asyncio.Event
) -> None:
    """Run `app` on a socket that is closed with 4001 as soon as the session ends or expires."""
    closed = False
    timer = asyncio.get_running_loop().call_later(session.expires - time.time(), ended.set)
    over = asyncio.create_task(ended.wait())

    async def receive_or_end() -> Message:
        nonlocal closed
        incoming = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({incoming, over}, return_when=asyncio.FIRST_COMPLETED)
            if incoming.done():
                return incoming.result()
        finally:
            incoming.cancel()
        closed = True
        await send({"type": "websocket.close", "code": SESSION_OVER, "reason": "The session is over"})
        return {"type": "websocket.disconnect", "code": SESSION_OVER}

    async def send_while_open(message: Message) -> None:
        if not closed:
            await send(message)

    try:
        await app(scope, receive_or_end, send_while_open)
    finally:
        timer.cancel()
        over.cancel()
