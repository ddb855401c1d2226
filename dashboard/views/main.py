"""What Streamlit runs for every page: the frame, the login check, and the page asked for."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.own_pages.folder import OwnPages
from dashboard.own_pages.view import view
from dashboard.views import alerts, brand, history, hosts, live, session, settings

brand.show()
pages = [
    st.Page(hosts.show, title="Hosts", url_path="hosts"),
    st.Page(live.show, title="Live", url_path="live"),
    st.Page(history.show, title="History", url_path="history"),
    st.Page(alerts.show, title="Alerts", url_path="alerts"),
    st.Page(settings.show, title="Settings", url_path="settings"),
]
own = OwnPages(Path(st.secrets["perfwatch"]["data"]))
pages += [st.Page(view(own, one), title=one.title, url_path=one.address) for one in own.all()]
# Streamlit wants a page at "/", and shows it when its logo is clicked; the server leads elsewhere from there.
start = st.Page(hosts.show, title="PerfWatch", url_path="start", default=True, visibility="hidden")
page = st.navigation([start, *pages], position="top")
session.require()
# On a phone Streamlit puts its navigation behind a button: page.css shows these links there instead.
with st.container(horizontal=True, key="pages"):
    for one in pages:
        st.page_link(one)
page.run()
