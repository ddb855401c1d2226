"""What Streamlit runs for every page: the frame, the login check, and the page asked for."""

from __future__ import annotations

import streamlit as st

from dashboard.assets import COMPONENTS
from dashboard.views import history, live, session

st.set_page_config(page_title="PerfWatch", page_icon=str(COMPONENTS / "icon.svg"), layout="wide")
st.logo(str(COMPONENTS / "logo.svg"), size="large")
page = st.navigation(
    [
        # Streamlit wants a page at "/"; the server leads from there to one of the others.
        st.Page(live.show, title="PerfWatch", url_path="start", default=True, visibility="hidden"),
        st.Page(live.show, title="Live", icon=":material/monitoring:", url_path="live"),
        st.Page(history.show, title="History", icon=":material/history:", url_path="history"),
    ],
    position="top",
)
st.html(COMPONENTS / "page.css")
session.require()
page.run()
