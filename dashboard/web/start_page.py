"""The HTML in which a page starts: our own component, running, and then Streamlit around it.

Streamlit's page is 580 kB of scripts before it asks what to show. Ours is small, so it begins at once,
where Streamlit will put it. Streamlit's scripts wait in a template until it has drawn (components/early/).
A Streamlit whose page is made otherwise than those we know is sent as it is: slower, but never blank.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from string import Template

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.web import markup
from dashboard.web.assets import STREAMLIT, VERSION
from dashboard.web.joined import Joined

# Streamlit's page is called "Streamlit", is white until its scripts have run, and on any page but the first
# looks for its server below that page's address too: a round trip and two errors in the browser's console.
_HEAD = Template("""<title>PerfWatch</title>$asked
    <link rel="preload" as="font" type="font/woff2" crossorigin href="$letters" />
    <script>
$first
window.__streamlit = { BACKEND_BASE_URL: location.origin + perfwatch.base + "/" };
    </script>
    <style>
      @font-face {
        font-family: PerfWatch; font-weight: 400 700; font-display: swap;
        src: url("$font"); unicode-range: $others
      }
      @font-face {
        font-family: PerfWatch; font-weight: 400 700; font-display: block;
        src: url("$letters"); unicode-range: $range
      }
    </style>""")

# Most pages have no other letters: where one does, a browser fetches Streamlit's whole font, seven times as
# much.
_LETTERS = f"./assets/{VERSION}/vendor/source-sans/perfwatch-sans.woff2"
_RANGE = (
    "U+20-7E, U+A0-FF, U+3BC, U+2009-200A, U+2010-2026, U+202F-2030, U+2039-203A, U+20AC, U+2122, "
    "U+2190-2193, U+2212, U+221E, U+2248, U+2264-2265, U+25B2, U+25BC, U+25CF"
)
_OTHERS = "U+100-3BB, U+3BD-52F, U+1D00-1FFF"

_BODY = Template("""<div id="root"></div>
    <div id="early" data-page="$page" data-script="./assets/$version/bundles/$page.js">
      <template shadowrootmode="open"><style>$css</style>$html</template>
    </div>
    <template id="streamlit">
$scripts    </template>
    <style>$around</style>
    <script>
$begin
    </script>""")

# What a page asks for before it can go on: it is under way while the page's script is.
_ASKED = {"live": ("api/hosts",), "history": ("api/history/series", "api/hosts")}
_ASKS = '\n    <link rel="preload" as="fetch" crossorigin href="./{}" />'
_RUNS = f'\n    <link rel="modulepreload" href="./assets/{VERSION}/bundles/{{}}.js" />'

_TITLE, _ROOT = "<title>Streamlit</title>", '<div id="root"></div>'
_ICON = '<link rel="shortcut icon" href="./favicon.png" />'
_FONT = re.compile(r'<link\s+rel="preload"\s+href="(\S+)"\s+as="font"[^>]*>\s*')
_ENTRY = re.compile(r'<script type="module"[^>]* src="[^"]+">')
_SCRIPTS = re.compile(r'^ *<(?:script type="module"|link rel="(?:modulepreload|stylesheet)").*\n', re.M)
# What would run, or be fetched, before ours in spite of the template.
_LEFT = re.compile(r'<script[^>]*\b(?:src|type)=|rel="?(?:modulepreload|stylesheet)')

PLAIN = ""

_log = logging.getLogger(__name__)


class UnknownPage(ValueError):
    """Streamlit's start page is not made as those that we know."""


def start_pages(pages: Sequence[str]) -> dict[str, str]:
    """Each page's HTML, and PLAIN for all others: ours, or Streamlit's own where that cannot be made of it.

    That is logged once.
    """
    index = (STREAMLIT / "index.html").read_text(encoding="utf-8")
    try:
        return {page: shell(index, page) for page in pages} | {PLAIN: plain_shell(index)}
    except UnknownPage as exc:
        _log.warning(
            "Pages open more slowly: the start page of Streamlit %s %s. Install a Streamlit that PerfWatch "
            "was tested with (requirements.lock), or a newer PerfWatch.",
            streamlit.__version__,
            exc,
        )
        return dict.fromkeys((*pages, PLAIN), index)


def shell(index: str, page: str) -> str:
    """Streamlit's start page as ours. Raises UnknownPage when it lacks what we build on."""
    _check(index)
    given = {
        "version": VERSION,
        "page": page,
        "scripts": "".join(_SCRIPTS.findall(index)),
        "around": _around(),
        "css": markup.css(page) + markup.light("icons.css") + markup.light("early/early.css"),
        "begin": markup.light("early/early.js"),
        "html": Template(markup.text("early/early.html")).substitute(version=VERSION) + markup.html(page),
    }
    asked = "".join([_RUNS.format(page), *(_ASKS.format(path) for path in _ASKED.get(page, ()))])
    return _begun(_SCRIPTS.sub("", index), asked).replace(_ROOT, _BODY.substitute(given))


def plain_shell(index: str) -> str:
    """The same for pages that have nothing to show before Streamlit runs. Raises UnknownPage too."""
    _check(index)
    return _begun(index, "").replace(_ROOT, f"{_ROOT}\n    <style>{_around()}</style>")


def _around() -> str:
    """What Streamlit's own elements look like."""
    return markup.light("icons.css") + markup.light("page.css")


def _begun(index: str, asked: str) -> str:
    """Its head, with what the page asks for at once."""
    given = {
        "version": VERSION,
        "asked": asked,
        "first": markup.light("common/theme.js") + markup.light("common/recover.js"),
        "font": "".join(_FONT.findall(index)),
        "letters": _LETTERS,
        "range": _RANGE,
        "others": _OTHERS,
    }
    index = _FONT.sub("", index)
    # Streamlit would put its own icon into a link of the kind that it makes, until ours comes.
    icon = f'<link rel="icon" href="{markup.image("icon.svg")}" />'
    return index.replace(_ICON, icon).replace(_TITLE, _HEAD.substitute(given))


def _check(index: str) -> None:
    found = {
        "title": index.count(_TITLE),
        "root element": index.count(_ROOT),
        "icon": index.count(_ICON),
        "font": len(_FONT.findall(index)),
        "entry script": len(_ENTRY.findall(index)),
    }
    for part, count in found.items():
        if count != 1:
            raise UnknownPage(f"has {count or 'no'} {part}{'s' if count else ''} that we know")
    if left := _LEFT.search(_SCRIPTS.sub("", index)):
        raise UnknownPage(f"has a script that we do not know: {left[0]}")


class Shell:
    """Answers the address of a page with its HTML."""

    def __init__(self, html: str, joined: Joined) -> None:
        self._html = html
        self._joined = joined

    async def __call__(self, request: Request) -> Response:
        html = self._joined.named_in(self._html)
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})
