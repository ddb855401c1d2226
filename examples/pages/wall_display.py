"""All hosts on one screen, each as it is now. To try it: cp wall_display.py "<data folder>/pages/"."""

import streamlit as st

from perfwatch import widgets

COLUMNS = 3
SHOWN = {
    "CPU": ("cpu", "usage_percent"),
    "Memory": ("memory", "usage_percent"),
    "Download": ("network", "bytes_recv_per_sec"),
}


@st.fragment(run_every="1m")
def wall(metric: str, field: str) -> None:
    """Again each minute for hosts that come and go; the charts follow by themselves."""
    hosts = [host for host in widgets.client().hosts() if host.kind == "collector"]
    online = sum(host.status == "online" for host in hosts)
    st.caption(f"{online} of {len(hosts)} hosts online")
    columns = st.columns(COLUMNS)
    for place, host in enumerate(hosts):
        with columns[place % COLUMNS]:
            widgets.live_chart(host.host, metric, field, title=host.host, height=220)


wall(*SHOWN[st.segmented_control("Show", list(SHOWN), default="CPU", required=True)])
