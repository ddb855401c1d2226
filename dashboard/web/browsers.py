"""What browsers are told and asked: which names are ours, whether they speak HTTPS, and what pages may do."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from email.utils import formatdate
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.web.responses import problem
from perfwatch.settings import variable

# Names that nobody can register, so that no stranger's name can be pointed at us (DNS rebinding).
_OUR_ENDS = (".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal", ".localdomain", ".fritz.box")

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
# Browsers believe these over HTTPS only, and complain of the second elsewhere.
_SECURE = {
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OF_ANSWERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
# A page takes up to seventy files: the policy of pages would be a twentieth of what they weigh.
_OF_FILES = {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"}


def page_policy(pages: Iterable[str]) -> str:
    """The Content-Security-Policy of those pages: scripts of this server, and the inline ones that they have.

    Streamlit makes styles as it draws, and gives a component's script to the browser as a blob.
    """
    scripts = {script for html in pages for script in _INLINE.findall(html)}
    hashes = " ".join(sorted(f"'sha256-{_digest(script)}'" for script in scripts))
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


class Browsers:
    """ASGI middleware. `origins` are those of reverse proxies, `hosts` further names of ours."""

    def __init__(
        self, app: ASGIApp, policy: str, origins: Iterable[str] = (), hosts: Iterable[str] = ()
    ) -> None:
        urls = [urlsplit(origin.strip().lower()) for origin in origins]
        self._app = app
        self._policy = policy
        self._secure_hosts = {url.hostname for url in urls if url.scheme == "https"}
        self._hosts = {*hosts, *(url.hostname for url in urls)} - {"", None}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = _host(scope)
        if not (host in self._hosts or only_ours(host)):
            await _misdirected(scope, receive, send, host)
            return
        if host is not None and host in self._secure_hosts:
            # The proxy ends TLS, whether or not it says so.
            scope = {**scope, "scheme": {"http": "https", "ws": "wss"}.get(scope["scheme"], scope["scheme"])}
        await self._app(scope, receive, self._with_headers(scope, send))

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        given = dict(_ALWAYS)
        if scope["scheme"] in ("https", "wss"):
            given |= _SECURE
        is_answer = scope["path"].startswith("/api/")
        of_page = {"Content-Security-Policy": self._policy}

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Date", formatdate(usegmt=True))
                of_file = of_page if headers.get("content-type", "").startswith("text/html") else _OF_FILES
                for name, value in (given | (_OF_ANSWERS if is_answer else of_file)).items():
                    headers.setdefault(name, value)
            await send(message)

        return wrapped


def only_ours(host: str | None) -> bool:
    """Whether no stranger can have that name: an address, one word, or an end that nobody can register."""
    if host is None or "." not in host or host.endswith(_OUR_ENDS):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _host(scope: Scope) -> str | None:
    """The name that was asked for, without the port. None when none was given, as programs may."""
    given = Headers(scope=scope).get("host")
    if not given:
        return None
    try:
        return (urlsplit(f"//{given}").hostname or "").rstrip(".")
    except ValueError:
        return given


async def _misdirected(scope: Scope, receive: Receive, send: Send, host: str | None) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    name = variable("allowed_hosts")
    detail = f"Host is {str(host)[:100]!r}, which is no name of this server's: if it is, add it to {name}"
    await problem(421, detail)(scope, receive, send)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
