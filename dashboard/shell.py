"""The HTML in which Streamlit's pages start: its own, with our name, our colour and one less guess.

Streamlit's page is called "Streamlit" and is white until its scripts have run, and on any page but the
first it looks for its server below that page's address too, which costs a round trip and two errors in
the browser's console.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.assets import STREAMLIT, VERSION, modules

_HEAD = """<title>PerfWatch</title>
    <script src="./assets/VERSION/common/theme.js"></script>
    <script src="./assets/VERSION/common/recover.js"></script>
    <script>
      window.__streamlit = { BACKEND_BASE_URL: location.origin + perfwatch.base + "/" };
    </script>""".replace("VERSION", VERSION)


def shell(index: str, page: str) -> str:
    """Streamlit's start page as ours, with the page's modules on their way while Streamlit's scripts load."""
    links = "".join(f'\n    <link rel="modulepreload" href=".{address}" />' for address in modules(page))
    head = index.replace("<title>Streamlit</title>", _HEAD + links)
    return head.replace("./favicon.png", "./assets/icon.svg")


class Shell:
    """Answers the address of a page with the same HTML for each: which page it is, its scripts find out."""

    def __init__(self, page: str) -> None:
        self._html = shell((STREAMLIT / "index.html").read_text(encoding="utf-8"), page)

    async def __call__(self, request: Request) -> Response:
        return HTMLResponse(self._html, headers={"Cache-Control": "no-cache"})
