"""The history store that pages read: opened once for all of them."""

from __future__ import annotations

import streamlit as st

from perfwatch.history.open import open_store
from perfwatch.history.store import HistoryStore


@st.cache_resource(show_spinner=False)
def history() -> HistoryStore:
    """The store that the server was told of. Raises StoreError when it cannot be opened."""
    return open_store(st.secrets["perfwatch"]["history"])
