"""Payloads as the numbers that a store keeps, in the shape that `shapes` declares. No input or output.

The measurement is the metric; a point has at most one tag beside its host; numbers are floats, and
whatever is no number (null, text, true and false) is left out.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from itertools import compress, groupby, repeat
from operator import is_not, itemgetter
from typing import Any, TypeAlias

from perfwatch import readings
from perfwatch.errors import PayloadError
from perfwatch.history.declared import declared
from perfwatch.history.shapes import MAX_DEPTH, MAX_FIELDS, MAX_PARTS, SHAPES, Named, Row, Shape
from perfwatch.history.store import MAX_REMEMBERED, Layout, Numbers, Part
from perfwatch.readings import READINGS, to_ms

# What is not here is looked at value by value.
_DECLARED = {
    metric: found
    for metric, kind in READINGS.items()
    if (found := declared(kind, SHAPES.get(metric, {}))) is not None
}

_Known: TypeAlias = tuple[Hashable, bytes, Layout]  # which parts, which of their numbers, and so the layout
_Parts: TypeAlias = dict[tuple[str, str], dict[str, float]]


class Flattener:
    """Makes numbers of payloads. It remembers each topic's last layout: most often the next is the same."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def take(self, topic: str, host: str, metric: str, payload: bytes) -> Numbers:
        """The numbers in a payload, all at the reading's own time.

        A field or part whose name is empty is left out: not every store can keep it. Raises PayloadError
        naming the topic and what is wrong.
        """
        quick = _DECLARED.get(metric)
        if quick is None:
            return self._take_undeclared(topic, host, metric, payload)
        try:
            twin = quick.decode(payload)
        except readings.UNREADABLE as exc:
            raise PayloadError(topic, str(exc)) from exc
        numbers, names = quick.take(twin)
        there = b""
        if None in numbers:
            there = bytes(map(is_not, numbers, repeat(None)))
            numbers = list(compress(numbers, there))
        known = self._known.get(topic)
        if known is None or known[0] != names or known[1] != there:
            layout = Layout(metric, host, _named(quick.parts(names), there))
            known = self._remember(topic, (names, there, layout))
        return Numbers(known[2], to_ms(twin.timestamp), numbers)  # type: ignore[arg-type]  # no None is left

    def _take_undeclared(self, topic: str, host: str, metric: str, payload: bytes) -> Numbers:
        moment, content = readings.decode_undeclared(topic, payload)
        found: _Parts = {("", ""): {}}
        try:
            _flatten(found, SHAPES.get(metric, {}), content)
        except OverflowError as exc:
            raise PayloadError(topic, "a number is too large to be kept") from exc
        parts = tuple([Part(*key, tuple(fields)) for key, fields in found.items() if fields])
        known = self._known.get(topic)
        if known is None or known[0] != parts:
            known = self._remember(topic, (parts, b"", Layout(metric, host, parts)))
        values = [value for fields in found.values() for value in fields.values()]
        return Numbers(known[2], to_ms(moment), values)

    def _remember(self, topic: str, known: _Known) -> _Known:
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[topic] = known
        return known


def _named(parts: Iterable[Part], there: bytes) -> tuple[Part, ...]:
    """Parts with only the names of what is there; what is told of one part twice becomes one."""
    names = [(part.tag, part.name, field) for part in parts for field in part.fields]
    kept = compress(names, there) if there else names
    groups = groupby(kept, itemgetter(0, 1))
    return tuple([Part(tag, name, tuple([one[2] for one in group])) for (tag, name), group in groups])


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
