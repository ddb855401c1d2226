"""Who is logged in, and the end of their session. Every run of a page goes through `require`."""

from __future__ import annotations

import time
from urllib.parse import unquote

import streamlit as st

from dashboard.views.component import component

_session = component("session")


def is_over(expires: object, now: float) -> bool:
    """Whether a session that ends at `expires` (seconds since 1970, as text) is over at `now`.

    One whose end cannot be read is over.
    """
    return not (isinstance(expires, str) and expires.isdecimal() and now < int(expires))


def require() -> None:
    """Draw who is logged in and "Log out"; stop the page's run when the session is over.

    The server checks this when a page connects. A connection may outlive its session, so each run
    checks again.
    """
    over = is_over(st.user.get("expires"), time.time())
    # A header carries ASCII, so the server quotes the name.
    username = unquote(str(st.user.get("username") or ""))
    _session(key="session", data={"username": username, "over": over})
    if over:
        st.stop()
