"""Scripts and styles as browsers get them: ours, and Streamlit's own, which it sends uncompressed."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.web import bundle

COMPONENTS = Path(str(files("dashboard") / "components")).resolve()
STREAMLIT = Path(streamlit.__file__).parent / "static"

_FOREVER = "public, max-age=31536000, immutable"
_TEXTS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def _version() -> str:
    """A name that changes whenever any of our files does, or the way in which they are bundled."""
    digest = hashlib.sha256(Path(bundle.__file__).read_bytes())
    for path in sorted(COMPONENTS.rglob("*.*")):
        digest.update(path.relative_to(COMPONENTS).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


VERSION = _version()
"""Ours are at /assets/<version>/…, kept by browsers for good, and at /assets/…, asked for each time."""


class Bundle:
    """A component's modules in one script, with those of `further` components."""

    def __init__(self, name: str, *further: str) -> None:
        self._script = bundle.script(*(COMPONENTS / one / f"{one}.js" for one in (name, *further)))

    async def __call__(self, request: Request) -> Response:
        return Response(self._script, media_type="text/javascript", headers={"Cache-Control": _FOREVER})


class Assets(StaticFiles):
    """Our files. Unless their address has their version, a browser asks each time whether they changed."""

    def __init__(self, cached: str = "no-cache") -> None:
        super().__init__(directory=COMPONENTS)
        self._cached = cached

    @classmethod
    def versioned(cls) -> Assets:
        return cls(_FOREVER)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = self._cached
        return response


class Packed:
    """ASGI middleware for Streamlit's scripts, 2.2 MB of which a page needs: each is compressed once.

    Streamlit allows no route of ours there. The files' names change with their content.
    """

    def __init__(self, app: ASGIApp, folder: Path = STREAMLIT) -> None:
        self._app = app
        self._folder = folder.resolve()
        self._packed: dict[Path, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._file(scope)
        if path is None:
            await self._app(scope, receive, send)
            return
        if path not in self._packed:
            self._packed[path] = await asyncio.to_thread(_pack, path)
        await compressed(self._packed[path], _TEXTS[path.suffix])(scope, receive, send)

    def _file(self, scope: Scope) -> Path | None:
        """The file that is asked for and can be sent compressed."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/static/"):
            return None
        path = (self._folder / scope["path"].lstrip("/")).resolve()
        is_text = path.is_relative_to(self._folder) and path.suffix in _TEXTS and path.is_file()
        return path if is_text and takes_gzip(scope) else None


def takes_gzip(scope: Scope) -> bool:
    return "gzip" in Headers(scope=scope).get("accept-encoding", "")


def compressed(body: bytes, media_type: str) -> Response:
    """The answer with what was compressed before, which browsers keep for good."""
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding", "Content-Encoding": "gzip"}
    return Response(body, headers=headers, media_type=media_type)


def _pack(path: Path) -> bytes:
    return gzip.compress(path.read_bytes())
