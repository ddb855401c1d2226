"""What a client missed while it was away, from the history, as the ticks that it would have been sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

import msgspec

from dashboard.history.size import check_size
from dashboard.live.ticks import Tick
from perfwatch.history.points import merge
from perfwatch.history.store import HistoryStore, Series
from perfwatch.readings.codec import format_time, from_ms

LONGEST_MS = 3_600_000
# No host reads more often.
_EACH_MS = 500


def missed(
    store: HistoryStore,
    hosts: Collection[str] | None,
    metrics: Collection[str] | None,
    since: int,
    until: int,
) -> list[str]:
    """Frames of since ≤ time < until (ms), by time; what is in the history has no text fields.

    Raises StoreError.
    """
    wanted = [
        one
        for host in ([None] if hosts is None else hosts)
        for one in store.series(host=host)
        if metrics is None or one.metric in metrics
    ]
    check_size(len(wanted), (until - since) // _EACH_MS)
    ticks: dict[tuple[int, str], dict[str, msgspec.Raw]] = {}
    for host, metric, time, reading in _readings(store, wanted, since, until):
        text = {"timestamp": format_time(from_ms(time)), **reading}
        ticks.setdefault((time, host), {})[metric] = msgspec.Raw(msgspec.json.encode(text))
    return [Tick(host, from_ms(time), found).frame() for (time, host), found in sorted(ticks.items())]


def _readings(
    store: HistoryStore, wanted: Collection[Series], since: int, until: int
) -> Iterator[tuple[str, str, int, dict[str, object]]]:
    for (host, metric), group in groupby(sorted(wanted, key=_of), _of):
        for time, reading in merge(store.query(list(group), since, until, _EACH_MS)):
            yield host, metric, time, reading


def _of(series: Series) -> tuple[str, str]:
    return series.host, series.metric
