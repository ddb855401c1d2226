"""Who is logged in, and the end of their session. Every run of a page goes through `require`."""

from __future__ import annotations

import time

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
    _session(key="session", data={"username": st.user.get("username"), "over": over}, height="content")
    if over:
        st.stop()
