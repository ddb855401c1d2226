"""The history that the settings name."""

from __future__ import annotations

from pathlib import Path

from perfwatch import settings
from perfwatch.errors import SettingError
from perfwatch.history.sqlite import SqliteStore
from perfwatch.history.store import HistoryStore


def open_store(url: str) -> HistoryStore:
    """The store at `url`, such as `sqlite:///var/lib/perfwatch/history.db`; nothing is read yet.

    Raises SettingError when no store has such an address.
    """
    # Not through urlsplit: a file's name may have `?`, `#` or `%` in it.
    scheme, _, path = url.partition("://")
    if scheme != "sqlite" or not path.startswith("/") or path.endswith("/"):
        raise SettingError(
            settings.variable("history"), "must name a file by its whole path, as sqlite:///path/history.db"
        )
    return SqliteStore(Path("/" + path.lstrip("/")))
