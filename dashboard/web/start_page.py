"""The HTML in which a page starts: our own component, running, and then Streamlit around it.

Streamlit's page is a megabyte of scripts before it asks what to show. Ours is small, so it begins at once,
where Streamlit will put it. Streamlit's scripts wait in a template until it has drawn (components/early/).
"""

from __future__ import annotations

import re
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.web import markup
from dashboard.web.assets import STREAMLIT, VERSION

# Streamlit's page is called "Streamlit", is white until its scripts have run, and on any page but the first
# looks for its server below that page's address too: a round trip and two errors in the browser's console.
_HEAD = Template("""<title>PerfWatch</title>
    <link rel="modulepreload" href="./assets/$version/bundles/$page.js" />$asked
    <script src="./assets/$version/common/theme.js"></script>
    <script src="./assets/$version/common/recover.js"></script>
    <script>
      window.__streamlit = { BACKEND_BASE_URL: location.origin + perfwatch.base + "/" };
    </script>
    <style>
      @font-face { font-family: PerfWatch; src: url("$font"); font-weight: 100 900; font-display: block }
    </style>""")

_BODY = Template("""<div id="root"></div>
    <div id="early" data-page="$page">
      <template shadowrootmode="open"><style>$css</style>$html</template>
    </div>
    <template id="streamlit">
$scripts    </template>
    <style>$around</style>
    <script src="./assets/$version/early/early.js"></script>""")

# What a page asks for before it can go on: it is under way while the page's script is.
_ASKED = {"live": ("api/hosts",), "history": ("api/history/series", "api/hosts")}
_ASKS = '\n    <link rel="preload" as="fetch" crossorigin href="./{}" />'

_FONT = re.compile(r'href="(\S+)"\s+as="font"')
_SCRIPTS = re.compile(r'^ *<(?:script type="module"|link rel="(?:modulepreload|stylesheet)").*\n', re.M)


def shell(index: str, page: str) -> str:
    """Streamlit's start page as ours."""
    given = {
        "version": VERSION,
        "page": page,
        "asked": "".join(_ASKS.format(path) for path in _ASKED.get(page, ())),
        "font": "".join(_FONT.findall(index)),
        "scripts": "".join(_SCRIPTS.findall(index)),
        "around": markup.text("page.css"),
        "css": markup.css(page) + markup.text("early/early.css"),
        "html": Template(markup.text("early/early.html")).substitute(version=VERSION) + markup.html(page),
    }
    begun = _SCRIPTS.sub("", index).replace("./favicon.png", f"./assets/{VERSION}/icon.svg")
    begun = begun.replace("<title>Streamlit</title>", _HEAD.substitute(given))
    return begun.replace('<div id="root"></div>', _BODY.substitute(given))


class Shell:
    """Answers the address of a page with its HTML."""

    def __init__(self, page: str) -> None:
        self._html = shell((STREAMLIT / "index.html").read_text(encoding="utf-8"), page)

    async def __call__(self, request: Request) -> Response:
        return HTMLResponse(self._html, headers={"Cache-Control": "no-cache"})
