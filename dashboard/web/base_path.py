"""The dashboard below a path of somebody else's server, such as https://example.org/perfwatch/."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BasePath:
    """ASGI middleware, before everything else: takes `base` (`/perfwatch`, or nothing) off what is asked for.

    A proxy may have taken it off already. Whatever leads elsewhere gets it back; what pages link to, they
    link to relatively (components/common/paths.js).
    """

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app = app
        self._base = base.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._base or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif scope["path"] == self._base:
            await RedirectResponse(f"{self._base}/", 308)(scope, receive, send)
        else:
            await self._app(self._within(scope), receive, self._leading_back(send))

    def _within(self, scope: Scope) -> Scope:
        path: str = scope["path"]
        if not path.startswith(f"{self._base}/"):
            return scope
        raw: bytes = scope.get("raw_path") or path.encode()
        return {**scope, "path": path[len(self._base) :], "raw_path": raw[len(self._base.encode()) :]}

    def _leading_back(self, send: Send) -> Send:
        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("location", "").startswith("/"):
                    headers["location"] = self._base + headers["location"]
            await send(message)

        return wrapped
