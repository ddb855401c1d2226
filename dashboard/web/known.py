"""Addresses that there are: Streamlit would show its page at every other one too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import quote

from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# Ours, and Streamlit's: what its own router reserves, and what its page asks for.
_FOLDERS = ("/api/", "/assets/", "/_stcore/", "/media/", "/component/", "/static/", "/app/", "/vendor/")
# Its list of wheels has a slash at its end, because pip asks for it so.
_JOIN = "/join/"
_FILES = frozenset({"/", "/login", "/health", "/metrics", "/favicon.png", "/favicon.ico", "/manifest.json"})


class Known:
    """ASGI middleware: 404 for what is not there, and no slash at an end.

    Starlette would lead away from such a slash to whatever the client wrote as Host. `comes_and_goes` tells
    whether a path that is not one of `pages` is one now.
    """

    def __init__(self, app: ASGIApp, pages: Iterable[str], comes_and_goes: Callable[[str], bool]) -> None:
        self._app = app
        self._comes_and_goes = comes_and_goes
        self._known = _FILES | {f"/{page}" for page in pages}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path in self._known or path.startswith(_JOIN):
            await self._app(scope, receive, send)
        elif path.endswith("/"):
            # One slash alone before it: two would name another server.
            query = scope["query_string"].decode("latin-1")
            target = f"/{quote(path.strip('/'))}{f'?{query}' if query else ''}"
            await RedirectResponse(target, 308)(scope, receive, send)
        elif path.startswith(_FOLDERS) or self._comes_and_goes(path):
            await self._app(scope, receive, send)
        else:
            detail = f"There is no page {path[:100]!r}: expected one of {', '.join(sorted(self._known))}"
            await JSONResponse({"detail": detail}, 404)(scope, receive, send)
