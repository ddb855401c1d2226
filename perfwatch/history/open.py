"""The history that the settings name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from perfwatch import distribution, settings
from perfwatch.errors import SettingError
from perfwatch.history.influx import url as influx_url
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import TieredStore


def open_store(url: str, timeout: float | None = None) -> TieredStore:
    """The store at `url`, such as `sqlite:///var/lib/perfwatch/history.db`; nothing is read yet.

    A server gets `timeout` seconds for each request, or as many as upkeep may take when none are given.
    Raises SettingError when no store has such an address, or its packages are not installed.
    """
    if influx_url.is_influx(url):
        return _open_influx(url, timeout)
    # Not through urlsplit: a file's name may have `?`, `#` or `%` in it.
    scheme, _, path = url.partition("://")
    if scheme != "sqlite" or not path.startswith("/") or path.endswith("/"):
        raise SettingError(
            settings.variable("history"),
            "must name a file by its whole path, as sqlite:///path/history.db, or a server, as"
            " influxdb://host:8086/perfwatch",
        )
    return SqliteStore(Path("/" + path.lstrip("/")))


def _open_influx(url: str, timeout: float | None) -> TieredStore:
    name = settings.variable("history")
    address = influx_url.parse(url, name)
    if address.ca_file and not Path(address.ca_file).is_file():
        raise SettingError(
            settings.variable("influx_ca_file"), "must name a file of certificates", address.ca_file
        )
    if find_spec("influxdb_client") is None:
        needed = distribution.install_line("influx")
        raise SettingError(name, f"names an InfluxDB server, which needs: {needed}")
    # Only here: it takes 15 MB, and a history in SQLite has no use for it.
    from perfwatch.history.influx.store import InfluxStore

    return InfluxStore(address, timeout)
