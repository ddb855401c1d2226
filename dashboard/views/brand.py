"""Our icon in the browser's tab and our logo in the header.

`st.set_page_config` and `st.logo` would load numpy and Pillow to look at two SVG files: 18 MB, from the first
visit on. So what they send is sent from here.
"""

from __future__ import annotations

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.PageConfig_pb2 import PageConfig
from streamlit.runtime.scriptrunner import enqueue_message

from dashboard.web import markup

_ICON, _LOGO = markup.image("icon.svg"), markup.image("logo.svg")


def show() -> None:
    st.set_page_config(page_title="PerfWatch", layout="wide")
    icon, logo = ForwardMsg(), ForwardMsg()
    icon.page_config_changed.favicon = _ICON
    icon.page_config_changed.layout = PageConfig.LAYOUT_UNSET
    icon.page_config_changed.initial_sidebar_state = PageConfig.SIDEBAR_UNSET
    logo.logo.image, logo.logo.size = _LOGO, "large"
    for message in (icon, logo):
        enqueue_message(message)
