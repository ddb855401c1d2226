"""The HTML in which Streamlit's pages start: its own, with our name, our colour and one less guess.

Streamlit's page is called "Streamlit" and is white until its scripts have run, and on any page but the
first it looks for its server below that page's address too, which costs a round trip and two errors in
the browser's console.
"""

from __future__ import annotations

from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"

_HEAD = """<title>PerfWatch</title>
    <script src="/assets/common/theme.js"></script>
    <script>window.__streamlit = { BACKEND_BASE_URL: location.origin + "/" };</script>"""


def shell(index: str) -> str:
    """Streamlit's start page as ours."""
    return index.replace("<title>Streamlit</title>", _HEAD).replace("./favicon.png", "/assets/icon.svg")


class Shell:
    """Answers the address of every page with the same HTML: which page it is, its scripts find out."""

    def __init__(self) -> None:
        self._html = shell(INDEX.read_text(encoding="utf-8"))

    async def __call__(self, request: Request) -> Response:
        return HTMLResponse(self._html, headers={"Cache-Control": "no-cache"})
