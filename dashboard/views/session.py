"""Who is logged in, and the end of their session. Every run of a page goes through `require`."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import unquote

import streamlit as st

from dashboard.views.component import component
from perfwatch.tokens import Revocations

_session = component("session")


def is_over(expires: object, now: float) -> bool:
    """Whether a session that ends at `expires` (seconds since 1970, as text) is over at `now`.

    One whose end cannot be read is over.
    """
    return not (isinstance(expires, str) and expires.isdecimal() and now < int(expires))


def is_revoked(jti: object) -> bool:
    """Whether the session with that id was logged out."""
    return jti in Revocations(Path(st.secrets["perfwatch"]["revoked"]))


def require() -> None:
    """Draw who is logged in and "Log out"; stop the page's run when the session is over.

    The server checks this when a page connects, and closes the connection when the session ends. What
    a page was told when it connected stays as it was, so each run checks again.
    """
    over = is_over(st.user.get("expires"), time.time()) or is_revoked(st.user.get("jti"))
    # A header carries ASCII, so the server quotes the name.
    username = unquote(str(st.user.get("username") or ""))
    _session(key="session", data={"username": username, "over": over})
    if over:
        st.stop()
