# %% [markdown]
# # A day of a host
# Cells as VS Code, PyCharm and Jupyter (jupytext) run them one by one; `python notebook.py` runs all.
# Needs the extra `client`, pandas, and a token: `perfwatch token add notebook`.

# %%
from perfwatch.client import SyncClient

client = SyncClient("http://localhost:8000", token="pw_…")

# %% Who is there
for host in client.hosts():
    print(f"{host.host:12} {host.status or host.kind:10} {host.last_seen or 'never'}")

# %% A day of its processor, minute by minute
day = client.history("cpu", field=["usage_percent", "iowait"], host="nas", since="24h", interval="1m")
frame = day.to_pandas()
print(frame.describe())

# %% Its busiest hours
hours = frame["nas usage_percent"].resample("1h").mean()
print(hours.nlargest(3))

# %% What it reads now
for tick in client.live("nas", ["cpu", "memory"]):
    print(
        tick.timestamp, *(f"{metric} {reading['usage_percent']} %" for metric, reading in tick.data.items())
    )
    break

# %%
client.close()
