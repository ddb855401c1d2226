"""The history that the settings name."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch import distribution, settings
from perfwatch.errors import Elsewhere, SettingError, StartError, StoreError
from perfwatch.history.influx import url as influx_url
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import TieredStore
from perfwatch.workers import Workers

if TYPE_CHECKING:
    from perfwatch.history.influx.store import InfluxStore

# How long the start waits for a server's answer.
START_SECONDS = 2.0


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


def check_start(url: str) -> None:
    """Raises StartError when the server at `url` would keep what we write where we do not read.

    One that is away, or does not answer within two seconds, is no reason not to start.
    """
    if not influx_url.is_influx(url):
        return
    store = _open_influx(url, START_SECONDS)
    try:
        asyncio.run(Workers("whether the history is ours", 1).run(store.check, deadline=START_SECONDS))
    except Elsewhere as exc:
        raise StartError(str(exc)) from exc
    except (StoreError, TimeoutError):
        return
    finally:
        store.close()


def _open_influx(url: str, timeout: float | None) -> InfluxStore:
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
