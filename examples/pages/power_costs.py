"""What the plugs of a house cost. To try it: cp power_costs.py "<data folder>/pages/"."""

from typing import Any

import streamlit as st

from perfwatch import widgets

# Where your plugs count: a Zigbee plug's kilowatt-hours are `energy_kwh` in its reading `zigbee`.
METRIC, COUNTER, POWER = "zigbee", "energy_kwh", "power_watts"
PRICE = 0.32  # of a kWh


@st.cache_data(ttl="5m", show_spinner="Asking the history")
def used(days: int) -> Any:
    """Kilowatt-hours by day, a column for each plug. A counter that begins anew adds nothing."""
    hours = widgets.client().history(METRIC, COUNTER, since=f"{days}d", interval="1h").to_pandas()
    grown = hours.tz_convert(st.context.timezone or "UTC").diff().clip(lower=0)
    return grown.resample("D").sum().rename(columns=lambda name: name.removesuffix(f" {COUNTER}"))


st.title("Power costs")
left, right = st.columns(2, vertical_alignment="bottom")
price = left.number_input("Price of a kWh", value=PRICE, min_value=0.0, step=0.01)
days = right.segmented_control("Days", [7, 14, 30], default=14, required=True)

costs = used(days) * price
if costs.empty:
    st.info(f"No plug has counted {COUNTER} in these {days} days.")
    st.stop()
by_plug = costs.sum().sort_values(ascending=False)
total, dearest = st.columns(2)
total.metric(f"In {days} days", f"{by_plug.sum():.2f}")
dearest.metric("Dearest", by_plug.index[0], f"{by_plug.iloc[0]:.2f}", delta_color="off", delta_arrow="off")
st.bar_chart(costs.set_axis(costs.index.strftime("%d %b")), y_label="a day", sort=False)

st.subheader("Now")
columns = st.columns(2)
for place, plug in enumerate(by_plug.index):
    with columns[place % len(columns)]:
        widgets.live_chart(plug, METRIC, POWER, title=plug, height=200)
