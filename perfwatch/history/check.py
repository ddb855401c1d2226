"""The part of `perfwatch doctor` that looks at the history."""

from __future__ import annotations

from pathlib import Path

from perfwatch.checks import Check
from perfwatch.errors import StoreError
from perfwatch.history.open import open_store
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import HistoryStore, Span

_NAME = "store"
_START = "it is made by the bridge: start `perfwatch bridge`, or `perfwatch up` for all of it"
_OWNER = "run this as the user who runs the bridge, with the same PERFWATCH_HISTORY or PERFWATCH_DATA_DIR"


def examine(url: str, needed: bool) -> Check:
    """Open the history at `url` and measure it; a missing file is not made.

    Without being `needed` a history that is not there is absent, not failed. Raises SettingError when
    no store has such an address.
    """
    store = open_store(url)
    try:
        if isinstance(store, SqliteStore) and not store.path.exists():
            return _missing(store.path, needed)
        return Check("history", _NAME, "ok", _words(store))
    except (StoreError, OSError) as exc:
        return Check("history", _NAME, "failed", str(exc), _OWNER)
    finally:
        store.close()


def _missing(path: Path, needed: bool) -> Check:
    if needed:
        return Check("history", _NAME, "failed", f"{path} is not there", _START)
    return Check("history", _NAME, "absent", f"{path} is not there: no history is kept on this machine")


def _words(store: HistoryStore) -> str:
    span = store.span()
    return _days(span) if span.bytes is None else f"{_size(span.bytes)}, {_days(span)}"


def _days(span: Span) -> str:
    if span.oldest is None or span.newest is None:
        return "no readings yet"
    return f"readings from {span.oldest:%Y-%m-%d %H:%M} to {span.newest:%Y-%m-%d %H:%M} UTC"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"
