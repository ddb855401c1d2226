"""When something was read last, to the second: a mean over hours would be a poor "newest"."""

from __future__ import annotations

import time
from collections.abc import Sequence

from perfwatch.history.store import Bucket, HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms

_SECOND, _MINUTE, _HOUR, _DAY, _MONTH = 1000, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000


def last_reading(store: HistoryStore, series: Series, bucket: Bucket, interval: int, stop: int) -> Bucket:
    """The last reading itself within `bucket`, which is `interval` ms long and ends at `stop` or before."""
    for step in (_MINUTE, _SECOND):
        if interval > step:
            end = min(bucket.time + interval, stop)
            finer = store.query([series], bucket.time, end, step).get(series)
            bucket, interval = (finer[-1], step) if finer else (bucket, interval)
    return bucket


def newest_time(store: HistoryStore, chosen: Sequence[Series]) -> str | None:
    """When any of them was read last, whenever that was: step by step, so that no step has many buckets."""
    start, stop, newest = 0, time.time_ns() // 1_000_000 + _MINUTE, None
    for step in (_MONTH, _DAY, _HOUR, _MINUTE, _SECOND):
        found = store.query(chosen, start, stop, step).values()
        lasts = [buckets[-1].time for buckets in found if buckets]
        if not lasts:
            break
        start = newest = max(lasts)
        stop = min(stop, start + step)
    return None if newest is None else format_time(from_ms(newest))
