"""What the history's server is asked once before a service starts."""

from __future__ import annotations

import asyncio

from perfwatch.errors import Elsewhere, StartError, StoreError
from perfwatch.history.influx.url import is_influx
from perfwatch.history.open import open_store
from perfwatch.workers import Workers

PATIENCE_SECONDS = 2.0


def check_start(url: str) -> None:
    """Raises StartError when the server at `url` would keep what we write where we do not read.

    One that is away, or does not answer within two seconds, is no reason not to start. Raises SettingError
    as `open_store` does.
    """
    if not is_influx(url):
        return
    store = open_store(url, PATIENCE_SECONDS)
    from perfwatch.history.influx.store import InfluxStore  # its packages are there by now

    assert isinstance(store, InfluxStore)
    workers = Workers("whether the history is ours", 1)
    try:
        asyncio.run(workers.run(store.check, deadline=PATIENCE_SECONDS))
    except Elsewhere as exc:
        raise StartError(str(exc)) from exc
    except (StoreError, TimeoutError):
        return
    finally:
        workers.close()
        store.close()
