"""Payloads as the numbers that a store keeps, in the shape that `shapes` declares. No input or output.

The measurement is the metric; a point has at most one tag beside its host; numbers are floats, and
whatever is no number (null, text, true and false) is left out.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from perfwatch.errors import PayloadError
from perfwatch.history.declared import Declared, Form, declared
from perfwatch.history.shapes import MAX_DEPTH, MAX_FIELDS, MAX_PARTS, SHAPES, Named, Shape, Spread
from perfwatch.history.store import Layout, Numbers, Part
from perfwatch.readings import codec
from perfwatch.readings.codec import to_ms
from perfwatch.readings.core import READINGS

# What is not here is looked at value by value.
_DECLARED = {
    metric: found
    for metric, kind in READINGS.items()
    if (found := declared(kind, SHAPES.get(metric, {}))) is not None
}

_NOTHING = Form((), [], ())

_Parts: TypeAlias = dict[tuple[str, str], dict[str, float]]


class Flattener:
    """Makes numbers of one topic's payloads. Most often the layout is the last one again."""

    def __init__(self, topic: str, host: str, metric: str) -> None:
        self._topic = topic
        self._whose = (metric, host)
        self._quick = _DECLARED.get(metric)
        self._key: Hashable = None
        self._form = _NOTHING
        self._layout = Layout(metric, host, ())

    def flatten(self, payload: bytes) -> Numbers:
        """The numbers in a payload, all at the reading's own time.

        A field or part whose name is empty is left out: not every store can keep it. Raises PayloadError
        naming the topic and what is wrong.
        """
        quick = self._quick
        if quick is None:
            return self._flatten_undeclared(payload)
        try:
            moment, numbers, key = quick.decode(payload)
        except codec.UNREADABLE as exc:
            raise PayloadError(self._topic, str(exc)) from exc
        picked = self._form.pick(numbers) if key == self._key else None
        if picked is None:
            picked = self._change(quick, key, numbers)
        return Numbers(self._layout, to_ms(moment), picked)

    def _change(self, declared: Declared, key: Hashable, numbers: list[float | None]) -> Sequence[float]:
        """The numbers, which are called otherwise than those before."""
        absent = tuple([place for place, number in enumerate(numbers) if number is None])
        self._key, self._form = key, declared.form(key, absent)
        self._layout = Layout(*self._whose, self._form.parts)
        return self._form.pick(numbers) or ()

    def _flatten_undeclared(self, payload: bytes) -> Numbers:
        moment, content = codec.decode_undeclared(self._topic, payload)
        found: _Parts = {("", ""): {}}
        try:
            _flatten(found, SHAPES.get(self._whose[0], {}), content)
        except OverflowError as exc:
            raise PayloadError(self._topic, "a number is too large to be kept") from exc
        parts = tuple([Part(*key, tuple(fields)) for key, fields in found.items() if fields])
        if self._layout.parts != parts:
            self._layout = Layout(*self._whose, parts)
        values = [value for fields in found.values() for value in fields.values()]
        return Numbers(self._layout, to_ms(moment), values)


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
    if isinstance(shape, Spread):
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
