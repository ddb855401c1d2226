"""The lines of a history chart: which the store has, and what they say together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from dashboard.views import labels
from perfwatch.history.store import Bucket, Series

GAP = 3  # a line breaks where readings are missing for longer than this many of its steps


class Line(NamedTuple):
    name: str
    buckets: Sequence[Bucket]


class Summary(NamedTuple):
    """`average` is the mean of the buckets' means; `newest` is the last reading itself."""

    average: float
    lowest: float
    highest: float
    newest: float


def natural(text: str) -> list[tuple[int, str]]:
    """A sort key under which core 10 comes after core 9."""
    return [
        (int(piece or -1), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", text)
    ]


def metrics(known: Iterable[Series]) -> list[str]:
    """Those known, in the order in which a page shows them."""
    found = {series.metric for series in known}
    return [metric for metric in labels.METRICS if metric in found] + sorted(found - set(labels.METRICS))


def tags(known: Iterable[Series], metric: str) -> list[str]:
    """The kinds of part that the metric has; the empty one is the host as a whole."""
    found = {series.tag for series in known if series.metric == metric}
    order = list(labels.PARTS)
    return sorted(found, key=lambda tag: (order.index(tag) if tag in order else len(order), tag))


def fields(known: Iterable[Series], metric: str, tag: str) -> list[str]:
    """The fields that the metric has for such parts, those with a name of their own first."""
    found = {series.field for series in known if (series.metric, series.tag) == (metric, tag)}
    order = list(labels.FIELDS)
    return sorted(found, key=lambda field: (order.index(field) if field in order else len(order), field))


def parts(known: Iterable[Series], metric: str, tag: str, fields: Sequence[str]) -> list[str]:
    """The parts of that kind that have any of `fields`."""
    found = {s.part for s in known if (s.metric, s.tag) == (metric, tag) and s.field in fields}
    return sorted(found, key=natural)


def hosts(known: Iterable[Series], metric: str) -> list[str]:
    return sorted({series.host for series in known if series.metric == metric}, key=natural)


def same_unit(metric: str, chosen: Sequence[str]) -> list[str]:
    """The fields of `chosen` that share an axis with the first."""
    return [f for f in chosen if labels.unit_of(metric, f) == labels.unit_of(metric, chosen[0])]


def name(series: Series, among: Sequence[Series]) -> str:
    """What tells this line from the others: its field, and its part and host where they differ."""
    words = [labels.field_label(series.field)] if len({s.field for s in among}) > 1 or not series.tag else []
    if series.tag:
        words.append(labels.part_label(series.tag, series.part))
    if len({s.host for s in among}) > 1:
        words.append(series.host)
    return " · ".join(words)


def summary(buckets: Sequence[Bucket], newest: float) -> Summary:
    """Over all of `buckets`, of which there is at least one."""
    return Summary(
        fmean(bucket.mean for bucket in buckets),
        min(bucket.min for bucket in buckets),
        max(bucket.max for bucket in buckets),
        newest,
    )


def with_gaps(buckets: Sequence[Bucket], interval: int) -> list[Bucket | int]:
    """The buckets, with the time (ms) of a gap between those that are too far apart to be joined."""
    times = [bucket.time for bucket in buckets]
    steps = [after - before for before, after in pairwise(times)]
    longest = GAP * max(interval, median(steps) if steps else 0)
    rows: list[Bucket | int] = list(buckets[:1])
    for bucket, step in zip(buckets[1:], steps, strict=True):
        if step > longest:
            rows.append(bucket.time - step + interval)
        rows.append(bucket)
    return rows
