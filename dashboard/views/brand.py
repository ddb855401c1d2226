"""Our icon in the browser's tab and our logo in the header.

`st.set_page_config` and `st.logo` would load numpy and Pillow to look at two SVG files: 18 MB, from the first
visit on. So what they send is sent from here.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.PageConfig_pb2 import PageConfig
from streamlit.runtime.scriptrunner import enqueue_message

from dashboard.web.assets import COMPONENTS


def show() -> None:
    st.set_page_config(page_title="PerfWatch", layout="wide")
    icon, logo = ForwardMsg(), ForwardMsg()
    icon.page_config_changed.favicon = _url("icon.svg")
    icon.page_config_changed.layout = PageConfig.LAYOUT_UNSET
    icon.page_config_changed.initial_sidebar_state = PageConfig.SIDEBAR_UNSET
    logo.logo.image, logo.logo.size = _url("logo.svg"), "large"
    for message in (icon, logo):
        enqueue_message(message)


@cache
def _url(name: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode((COMPONENTS / name).read_bytes()).decode()}"
