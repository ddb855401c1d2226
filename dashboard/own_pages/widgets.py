"""What the dashboard provides to pages of somebody's own, as `perfwatch.widgets`."""

from __future__ import annotations

import ssl
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.auth.sessions import COOKIE
from dashboard.views.component import component
from perfwatch.errors import PageError
from perfwatch.history.shapes import SHAPES, Listed, Named, Spread
from perfwatch.settings import Settings

if TYPE_CHECKING:
    from perfwatch.client import SyncClient

# Where one listens on every address, one is reached at the loopback's.
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


class Widgets:
    """Asks this very server, over HTTP: so a page sees what its visitor may see, and no more."""

    def __init__(self, settings: Settings) -> None:
        host = _EVERYWHERE.get(settings.address, settings.address)
        scheme = "https" if settings.cert_file else "http"
        self._address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"
        self._certificate = settings.cert_file

    def client(self) -> SyncClient:
        return _client(self._address, _visitors_token(), self._tls)

    def live_chart(
        self, host: str, metric: str, field: str, *, title: str, height: int, key: str | None
    ) -> None:
        asked = {"host": host, "metric": metric, "field": field, "past": history_field(metric, field)}
        _live_chart()(
            key=key or f"live_chart-{host}-{metric}-{field}",
            data=asked | {"title": title, "height": height},
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        """Trusts our own certificate, whatever name it is for."""
        if not self._certificate:
            return None
        context = ssl.create_default_context(cadata=Path(self._certificate).read_text())
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        return context


def history_field(metric: str, field: str) -> str:
    """What the history calls the number at that path of a reading; in its API's words."""
    first, _, rest = field.partition(".")
    match SHAPES.get(metric, {}).get(first):
        case Listed(tag, name):
            return f"{tag}.{name}"
        case Named(tag):
            return f"{tag}.{field.rpartition('.')[2]}"
        case Spread(fields) if rest.isdecimal() and int(rest) < len(fields):
            return fields[int(rest)]
        case _:
            return field.replace(".", "_")


def _visitors_token() -> str:
    """The session by which the page is looked at; its cookie has a prefix over HTTPS."""
    cookies = st.context.cookies
    token = cookies.get(f"__Host-{COOKIE}") or cookies.get(COOKIE)
    if not token:
        raise PageError("Nobody is logged in here: open the page in a browser")
    return token


@st.cache_resource(scope="session", on_release=lambda client: client.close(), show_spinner=False)
def _client(address: str, token: str, _tls: ssl.SSLContext | None) -> SyncClient:
    from perfwatch.client import SyncClient

    return SyncClient(address, token, tls=_tls)


@cache
def _live_chart() -> ComponentRenderer:
    return component("live_chart")
