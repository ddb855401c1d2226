"""When something was read last, to the second: a mean over hours would be a poor "newest"."""

from __future__ import annotations

import time
from collections.abc import Sequence

from perfwatch.history.store import Bucket, HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms

_SECOND, _MINUTE, _MONTH = 1000, 60_000, 30 * 86_400_000


def last_reading(store: HistoryStore, series: Series, bucket: Bucket, interval: int, stop: int) -> Bucket:
    """The last reading itself within `bucket`, which is `interval` ms long and ends at `stop` or before."""
    for step in (_MINUTE, _SECOND):
        if interval > step:
            end = min(bucket.time + interval, stop)
            finer = store.query([series], bucket.time, end, step).get(series)
            bucket, interval = (finer[-1], step) if finer else (bucket, interval)
    return bucket


def newest_time(store: HistoryStore, chosen: Sequence[Series]) -> str | None:
    """When any of them was read last, whenever that was."""
    until = time.time_ns() // 1_000_000 + _MINUTE
    found = store.query(chosen, 0, until, _MONTH)
    lasts = [
        last_reading(store, one, buckets[-1], _MONTH, until) for one, buckets in found.items() if buckets
    ]
    return format_time(from_ms(max(last.time for last in lasts))) if lasts else None
