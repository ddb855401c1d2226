"""A store's answers in the shape of readings again: the inverse of flattening."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from perfwatch.history.shapes import MAX_PARTS, SHAPES, Listed, Named, Spread
from perfwatch.history.store import Bucket, Series

_PLACES = frozenset(map(str, range(MAX_PARTS)))  # `merge` makes room up to the highest place

_Place: TypeAlias = Callable[[dict[str, Any], float], None]


def merge(
    found: Mapping[Series, Sequence[Bucket]], pick: Callable[[Bucket], float] = lambda bucket: bucket.mean
) -> list[tuple[int, dict[str, Any]]]:
    """Buckets of one metric of one host as readings: (time in ms, fields as in the payload), by time.

    `pick` chooses which of a bucket's numbers to show. A list's place that has no number is None.
    A series that no reading can have made is left out.
    """
    readings: dict[int, dict[str, Any]] = {}
    for series, buckets in found.items():
        if not _is_ours(series):
            continue
        place = _placer(series)
        for bucket in buckets:
            place(readings.setdefault(bucket.time, {}), pick(bucket))
    return sorted(readings.items(), key=lambda item: item[0])


def _placer(series: Series) -> _Place:
    """What puts a number of that series into a reading: the inverse of flattening, for one number."""
    for name, shape in SHAPES.get(series.metric, {}).items():
        if isinstance(shape, Named) and shape.tag == series.tag:
            return partial(_place, (name, series.part), series.field)
        if isinstance(shape, Spread) and not series.tag and series.field in shape.fields:
            return partial(_place_at, name, shape.fields.index(series.field))
        if isinstance(shape, Listed) and (shape.tag, shape.field) == (series.tag, series.field):
            return partial(_place_at, name, int(series.part))
    return partial(_place, (), series.field)


def _place(way: Sequence[str], field: str, reading: dict[str, Any], value: float) -> None:
    for name in way:
        reading = reading.setdefault(name, {})
    reading[field] = value


def _place_at(name: str, index: int, reading: dict[str, Any], value: float) -> None:
    numbers = reading.setdefault(name, [])
    numbers.extend([None] * (index + 1 - len(numbers)))
    numbers[index] = value


def _is_ours(series: Series) -> bool:
    """Whether `points` can have made it: other programs may write to the same store."""
    shapes = SHAPES.get(series.metric, {})
    if not series.tag:
        return series.field not in shapes
    listed = [shape for shape in shapes.values() if isinstance(shape, Listed) and shape.tag == series.tag]
    if listed:
        return any(shape.field == series.field for shape in listed) and series.part in _PLACES
    return any(isinstance(shape, Named) and shape.tag == series.tag for shape in shapes.values())
