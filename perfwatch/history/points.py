"""Readings as a store's points, and a store's answers in the shape of readings again.

The measurement is the metric; a point has at most one tag beside its host; numbers are floats, and
whatever is no number (null, text, true and false) is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from perfwatch.errors import PayloadError
from perfwatch.history.declared import Flatten, flattener
from perfwatch.history.shapes import MAX_DEPTH, Row, Shape
from perfwatch.history.shapes import MAX_FIELDS as MAX_FIELDS
from perfwatch.history.shapes import MAX_PARTS as MAX_PARTS
from perfwatch.history.shapes import Listed as Listed
from perfwatch.history.shapes import Named as Named
from perfwatch.history.store import Bucket, Point, Series
from perfwatch.readings import READINGS, Reading, to_ms

_PLACES = frozenset(map(str, range(MAX_PARTS)))  # `merge` makes room up to the highest place

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
    "sensors": {"temperatures": Named("sensor"), "fans": Named("fan")},
    "gpu": {"gpus": Named("gpu")},
    "pressure": {"resources": Named("resource")},
    "processes": {"top": Named("process")},
    "containers": {"containers": Named("container")},
    "system": {"users": Named("user")},
    "systemd": {"units": Named("unit")},
}
"""How the parts of each metric are kept; whatever is not named here is a field of the host."""

# The declared types for which flattening is prepared; what is not here is looked at value by value.
_PREPARED: dict[type, Flatten] = {
    kind: flatten
    for metric, kind in READINGS.items()
    if (flatten := flattener(kind, SHAPES.get(metric, {}))) is not None
}

Decoded: TypeAlias = Reading | tuple[datetime, dict[str, Any]]
_Parts: TypeAlias = dict[tuple[str, str], dict[str, float]]
_Place: TypeAlias = Callable[[dict[str, Any], float], None]


def points(host: str, metric: str, decoded: Decoded) -> list[Point]:
    """The points in what `readings.decode` returned, all at the reading's own time.

    A field or part whose name is empty is left out: not every store can keep it. Raises PayloadError
    for a number that a float cannot hold.
    """
    moment = decoded[0] if isinstance(decoded, tuple) else decoded.timestamp
    parts: _Parts = {("", ""): {}}
    try:
        prepared = _PREPARED.get(type(decoded))
        if prepared is not None:
            prepared(parts, decoded)
        else:
            content = decoded[1] if isinstance(decoded, tuple) else asdict(decoded)
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


def _flatten(parts: _Parts, shapes: Mapping[str, Shape], content: Mapping[str, Any]) -> None:
    whole = parts["", ""]
    for name, value in content.items():
        if name in shapes:
            _flatten_shaped(parts, shapes[name], value)
        elif isinstance(value, dict | list):
            _flatten_plain(whole, name, value)
        else:
            _keep(whole, name, value)


def _flatten_shaped(parts: _Parts, shape: Shape, value: Any) -> None:
    if isinstance(shape, Named):
        for part, fields in _items(value)[:MAX_PARTS]:
            if part:
                _keep_all(parts.setdefault((shape.tag, part), {}), _items(fields))
        return
    numbers = value[:MAX_PARTS] if isinstance(value, list) else []
    if isinstance(shape, Row):
        _keep_all(parts["", ""], zip(shape.fields, numbers, strict=False))
        return
    for index, number in enumerate(numbers):
        _keep(parts.setdefault((shape.tag, str(index)), {}), shape.field, number)


def _flatten_plain(fields: dict[str, float], name: str, value: Any, depth: int = 1) -> None:
    """Nested numbers under joined names: {"a": {"b": [1]}} is a_b_0. The first of a name stays."""
    if depth > MAX_DEPTH or not name:
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        joined = f"{name}_{key}"
        if isinstance(inner, dict | list):
            _flatten_plain(fields, joined, inner, depth + 1)
        elif joined not in fields:
            _keep(fields, joined, inner)


def _items(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Struct):
        return list(asdict(value).items())
    return list(value.items()) if isinstance(value, dict) else []


def _keep_all(fields: dict[str, float], values: Iterable[tuple[str, Any]]) -> None:
    for name, value in values:
        _keep(fields, name, value)


def _keep(fields: dict[str, float], name: str, value: Any) -> None:
    if name and _is_number(value) and len(fields) < MAX_FIELDS:
        fields[name] = float(value)


def _is_number(value: Any) -> bool:
    kind = type(value)  # exactly: bool is an int too
    return kind is int or (kind is float and math.isfinite(value))


def _placer(series: Series) -> _Place:
    """What puts a number of that series into a reading: the inverse of flattening, for one number."""
    for name, shape in SHAPES.get(series.metric, {}).items():
        if isinstance(shape, Named) and shape.tag == series.tag:
            return partial(_place, (name, series.part), series.field)
        if isinstance(shape, Row) and not series.tag and series.field in shape.fields:
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
