"""Readings as a store's points, and a store's answers in the shape of readings again.

The measurement is the metric; a point has at most one tag beside its host; numbers are floats, and
whatever is no number (null, text, true and false) is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from perfwatch.errors import PayloadError
from perfwatch.history.store import Bucket, Point, Series
from perfwatch.readings import Reading, to_ms

# What one undeclared reading may add to the store's list of series.
MAX_FIELDS = 1000
MAX_DEPTH = 4

# Longer lists are cut: a list's place is a series, and `merge` makes room up to the highest place.
MAX_PLACES = 4096


class Listed(NamedTuple):
    """A list whose n-th number is `field` of the part called n."""

    tag: str
    field: str


class Row(NamedTuple):
    """A list whose numbers are fields of the host itself, by these names."""

    fields: tuple[str, ...]


class Named(NamedTuple):
    """Parts by name, each with numbers of its own."""

    tag: str


Shape: TypeAlias = Listed | Row | Named

SHAPES: dict[str, dict[str, Shape]] = {
    "cpu": {
        "per_core": Listed("core", "usage_percent"),
        "frequency_mhz": Listed("core", "frequency_mhz"),
        "temperature_celsius": Listed("core", "temperature_celsius"),
        "load_average": Row(("load_average_1", "load_average_5", "load_average_15")),
    },
    "network": {"interfaces": Named("interface"), "connections": Named("connection")},
    "disk": {"devices": Named("device"), "partitions": Named("mountpoint")},
    "perf_events": {"events": Named("event")},
}
"""How the parts of each metric are kept; whatever is not named here is a field of the host."""

Decoded: TypeAlias = Reading | tuple[datetime, dict[str, Any]]
_Parts: TypeAlias = dict[tuple[str, str], dict[str, float]]


def points(host: str, metric: str, decoded: Decoded) -> list[Point]:
    """The points in what `readings.decode` returned, all at the reading's own time.

    A field or part whose name is empty is left out: not every store can keep it. Raises PayloadError
    for a number that a float cannot hold.
    """
    moment, content = decoded if isinstance(decoded, tuple) else (decoded.timestamp, asdict(decoded))
    parts: _Parts = {("", ""): {}}
    try:
        _flatten(parts, SHAPES.get(metric, {}), content)
    except OverflowError as exc:
        raise PayloadError(f"{host}/{metric}", "a number is too large to be kept") from exc
    time = to_ms(moment)
    return [Point(metric, host, *key, time, fields) for key, fields in parts.items() if fields]


def merge(
    found: Mapping[Series, Sequence[Bucket]], pick: Callable[[Bucket], float] = lambda bucket: bucket.mean
) -> list[tuple[int, dict[str, Any]]]:
    """Buckets of one metric of one host as readings: (time in ms, fields as in the payload), by time.

    `pick` chooses which of a bucket's numbers to show. A list's place that has no number is None.
    """
    readings: dict[int, dict[str, Any]] = {}
    for series, buckets in found.items():
        place = _placer(series)
        for bucket in buckets:
            place(readings.setdefault(bucket.time, {}), pick(bucket))
    return sorted(readings.items(), key=lambda item: item[0])


def _flatten(parts: _Parts, shapes: Mapping[str, Shape], content: Mapping[str, Any]) -> None:
    whole = parts["", ""]
    for name, value in content.items():
        shape = shapes.get(name)
        if shape is not None:
            _flatten_shaped(parts, shape, value)
        elif isinstance(value, dict | list):
            _flatten_plain(whole, name, value)
        elif _is_number(value) and name:
            _keep(whole, name, value)


def _flatten_shaped(parts: _Parts, shape: Shape, value: Any) -> None:
    if isinstance(shape, Named):
        for part, fields in _items(value):
            if part:
                _keep_all(parts, shape.tag, part, fields)
        return
    numbers = value[:MAX_PLACES] if isinstance(value, list) else []
    if isinstance(shape, Row):
        _put(parts["", ""], zip(shape.fields, numbers, strict=False))
        return
    for index, number in enumerate(numbers):
        _put(parts.setdefault((shape.tag, str(index)), {}), [(shape.field, number)])


def _keep_all(parts: _Parts, tag: str, part: str, fields: Any) -> None:
    _put(parts.setdefault((tag, part), {}), _items(fields))


def _put(fields: dict[str, float], values: Iterator[tuple[str, Any]] | Sequence[tuple[str, Any]]) -> None:
    for name, value in values:
        if name and _is_number(value):
            fields[name] = float(value)


def _items(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Struct):
        return [(name, getattr(value, name)) for name in value.__struct_fields__]
    return list(value.items()) if isinstance(value, dict) else []


def _flatten_plain(fields: dict[str, float], name: str, value: Any, depth: int = 1) -> None:
    """Nested numbers under joined names: {"a": {"b": [1]}} is a_b_0. The first of a name stays."""
    if depth > MAX_DEPTH:
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        joined = f"{name}_{key}"
        if isinstance(item, dict | list):
            _flatten_plain(fields, joined, item, depth + 1)
        elif _is_number(item) and joined not in fields:
            _keep(fields, joined, item)


def _keep(fields: dict[str, float], name: str, value: float) -> None:
    if len(fields) < MAX_FIELDS or name in fields:
        fields[name] = float(value)


def _is_number(value: Any) -> bool:
    kind = type(value)  # exactly: bool is an int too
    return kind is int or (kind is float and math.isfinite(value))


def _placer(series: Series) -> Callable[[dict[str, Any], float], None]:
    """What puts a number of that series into a reading: the inverse of flattening, for one number."""
    for name, shape in SHAPES.get(series.metric, {}).items():
        if isinstance(shape, Named) and shape.tag == series.tag:
            return lambda reading, value: _place(reading, (name, series.part), series.field, value)
        if isinstance(shape, Row) and not series.tag and series.field in shape.fields:
            index = shape.fields.index(series.field)
            return lambda reading, value: _place_at(reading, name, index, value)
        if isinstance(shape, Listed) and (shape.tag, shape.field) == (series.tag, series.field):
            index = _index(series.part)
            if index is not None:
                return lambda reading, value: _place_at(reading, name, index, value)
    way = (series.tag, series.part) if series.tag else ()
    return lambda reading, value: _place(reading, way, series.field, value)


def _place(reading: dict[str, Any], way: Sequence[str], field: str, value: float) -> None:
    for name in way:
        reading = reading.setdefault(name, {})
    reading[field] = value


def _place_at(reading: dict[str, Any], name: str, index: int, value: float) -> None:
    numbers = reading.setdefault(name, [])
    numbers.extend([None] * (index + 1 - len(numbers)))
    numbers[index] = value


def _index(part: str) -> int | None:
    """The place that `part` counts, or None: other programs may write to the same store."""
    return int(part) if part.isdecimal() and part.isascii() and int(part[:6]) < MAX_PLACES else None
