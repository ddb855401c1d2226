"""Streamlit's modules as one script (joining.py), where that can be: what pages name, and what is served.

Without esbuild, and until the script is made, pages name Streamlit's own modules. The script is kept in the
data folder, so that it is made once for each version. An image has it beside this file.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import streamlit
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.web import joining
from dashboard.web.assets import STREAMLIT, compressed, takes_gzip
from dashboard.web.joining import CannotJoinError, Modules
from perfwatch.files import write_private

KEPT = f"{joining.NAME}.gz"
PREFIX = "/static/joined-"
_SECONDS = 20.0

_CANNOT = (
    "Pages take some fifty requests more than they need: the modules of Streamlit %s cannot be joined (%s). "
    "They work all the same. Another version of esbuild, or a newer PerfWatch, may do."
)

_log = logging.getLogger(__name__)


class Joined:
    """The script, once it is there, and the modules that import from it."""

    def __init__(self, data: Path, streamlit_folder: Path = STREAMLIT, seconds: float = _SECONDS) -> None:
        self._kept = data / KEPT
        self._folder = streamlit_folder
        self._seconds = seconds
        self._modules = Modules((streamlit_folder / "index.html").read_text(encoding="utf-8"))
        self._path = ""
        self._files: dict[str, bytes] = {}
        for path in (Path(__file__).with_name(KEPT), self._kept):
            with suppress(OSError):
                script = path.read_bytes()
                if joining.is_of(script, self._modules):
                    self._use(script)

    async def run(self) -> None:
        """Make the script if it is not there."""
        if self._path:
            return
        esbuild = shutil.which("esbuild")
        if esbuild is None:
            _log.debug("esbuild is not installed: pages load Streamlit's modules one by one")
            return
        try:
            script = await self._made(esbuild)
        except CannotJoinError as exc:
            _log.warning(_CANNOT, streamlit.__version__, exc)
            return
        self._use(script)
        try:
            await asyncio.to_thread(write_private, self._kept, script)
        except OSError as exc:
            _log.debug("The script is made again at the next start: %s", exc)

    def named_in(self, html: str) -> str:
        """A start page that loads the script in the place of Streamlit's modules."""
        if not self._path:
            return html
        address = f".{self._path}/{joining.NAME}"
        # Streamlit adds such a link for each module that a later one needs, unless the page has it.
        lines = (
            f'    <script type="module" crossorigin src="{address}"></script>\n'
            f'    <link rel="modulepreload" crossorigin href="{address}">\n'
        )
        return joining.LOADED.sub(lambda found: "" if self._modules.places[found[1]] else lines, html)

    async def file(self, path: str) -> bytes | None:
        """What is at that path of the server, compressed; None if nothing is."""
        folder, _, name = path.rpartition("/")
        if not self._path or folder != self._path:
            return None
        if name not in self._files:
            changed = await asyncio.to_thread(self._changed, name)
            if changed is None:
                return None
            self._files[name] = changed
        return self._files[name]

    def _changed(self, name: str) -> bytes | None:
        path = self._folder / "static" / "js" / name
        if path.suffix != ".js" or not path.is_file():
            return None
        return gzip.compress(self._modules.changed(path.read_text(encoding="utf-8")).encode())

    def _use(self, script: bytes) -> None:
        # In a folder of its own, whose name changes with it: what is in /static/js/ browsers keep as it was.
        self._path = f"{PREFIX}{hashlib.sha256(script).hexdigest()[:12]}"
        self._files = {joining.NAME: script}

    async def _made(self, esbuild: str) -> bytes:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", joining.__file__, str(self._folder), esbuild),
            env={"PATH": os.defpath},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            script, said = await asyncio.wait_for(child.communicate(), self._seconds)
        except TimeoutError:
            raise CannotJoinError(f"esbuild takes longer than {self._seconds:g} s") from None
        finally:
            if child.returncode is None:
                os.killpg(child.pid, signal.SIGKILL)  # and esbuild with it
                await child.wait()
        if child.returncode:
            raise CannotJoinError(said.decode(errors="replace").strip().rpartition("\n")[2])
        return script


class JoinedFiles:
    """ASGI middleware that serves them: Streamlit allows no route of ours below /static/."""

    def __init__(self, app: ASGIApp, joined: Joined) -> None:
        self._app = app
        self._joined = joined

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        asked = scope["method"] in ("GET", "HEAD")
        body = await self._joined.file(scope["path"]) if asked else None
        if body is None:
            answer = Response(status_code=404)
        elif takes_gzip(scope):
            answer = compressed(body, "text/javascript")
        else:
            answer = Response(gzip.decompress(body), media_type="text/javascript")
        await answer(scope, receive, send)
