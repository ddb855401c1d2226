"""The series in the history, as they were listed last: a large history takes seconds to list them."""

from __future__ import annotations

import time
from threading import Condition, Thread

from perfwatch.errors import StoreError
from perfwatch.history.store import HistoryStore, Series

# Seconds that a list is good for: ten times as long as it took, or lists would take all of a server's time.
KNOWN_FOR, KNOWN_FOR_AT_MOST, TIMES = 5.0, 60.0, 10.0
# A new one that takes its time is waited for as long as this before the old list is given once more.
PATIENCE_SECONDS = 1.0
# When there is no list yet, in seconds; it is made all the same, for whoever asks again.
FIRST_SECONDS = 4.0


class KnownSeries:
    """Lists the series of `store`, at `place`, in a thread of its own, when somebody asks."""

    def __init__(self, store: HistoryStore, place: str) -> None:
        self._store = store
        self._place = place
        self._changed = Condition()
        self._listing = False
        self._good_until = 0.0
        self._series: list[Series] | None = None
        self._failure: Exception | None = None

    def all(self) -> list[Series]:
        """Every series, sorted. Raises StoreError when the store does not answer."""
        with self._changed:
            if not self._listing and time.monotonic() >= self._good_until:
                self._listing = True
                Thread(target=self._list, name="listing the series", daemon=True).start()
            patience = FIRST_SECONDS if self._series is None else PATIENCE_SECONDS
            self._changed.wait_for(lambda: not self._listing, patience)
            if self._failure is not None:
                raise self._failure
            if self._series is None:
                raise StoreError(f"{self._place} did not answer yet: its series are still being listed")
            return self._series

    def _list(self) -> None:
        began, series, failure = time.monotonic(), self._series, None
        try:
            series = self._store.series()
        except Exception as exc:  # noqa: BLE001  # raised again in whoever asks
            failure = exc
        with self._changed:
            self._series, self._failure, self._listing = series, failure, False
            now = time.monotonic()
            good_for = min(max(KNOWN_FOR, TIMES * (now - began)), KNOWN_FOR_AT_MOST)
            self._good_until = now if failure else now + good_for
            self._changed.notify_all()
