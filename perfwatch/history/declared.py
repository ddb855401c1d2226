"""Flattening of readings whose type is declared: what `points` does, in two thirds of the time.

The type says which fields are numbers, so nothing is looked at twice: one `attrgetter` call takes all
numbers of a part. Measured for cpu, memory, network and disk: 14.1 µs a message by value, 9.3 so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

from msgspec import Struct

from perfwatch.history.shapes import MAX_PARTS, Listed, Named, Row, Shape

Parts: TypeAlias = dict[tuple[str, str], dict[str, float]]
Flatten: TypeAlias = Callable[[Parts, Any], None]
_Take: TypeAlias = Callable[[Any], dict[str, float]]

_NUMBERS = {float, int, type(None)}
_PLACES = [str(index) for index in range(MAX_PARTS)]


def flattener(kind: type[Struct], shapes: Mapping[str, Shape]) -> Flatten | None:
    """What adds the numbers of a reading of that type to parts, or None for a type that must be looked at."""
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name != "timestamp"}
    steps = []
    for name, hint in hints.items():
        if name in shapes:
            steps.append(_step(attrgetter(name), hint, shapes[name]))
        elif _has_plain_parts(hint):
            return None
    if None in steps:
        return None
    own = _taker({name: hint for name, hint in hints.items() if name not in shapes})
    return _all(own, [step for step in steps if step is not None])


def _all(own: _Take, steps: list[Flatten]) -> Flatten:
    def flatten(parts: Parts, reading: Any) -> None:
        parts["", ""].update(own(reading))
        for step in steps:
            step(parts, reading)

    return flatten


def _step(get: Callable[[Any], Any], hint: Any, shape: Shape) -> Flatten | None:
    inner = _inner(hint)
    if isinstance(shape, Named) and inner is not None and get_origin(inner) is dict:
        kind = get_args(inner)[1]
        return _named(get, shape.tag, _taker(get_type_hints(kind))) if _is_struct(kind) else None
    if isinstance(shape, Named) and _is_struct(inner):
        return _fixed(get, shape.tag, get_type_hints(inner))
    if isinstance(shape, Named) or get_origin(inner) is not list or not _is_number(get_args(inner)[0]):
        return None
    return _row(get, shape) if isinstance(shape, Row) else _listed(get, shape)


def _named(get: Callable[[Any], Any], tag: str, take: _Take) -> Flatten:
    def flatten(parts: Parts, reading: Any) -> None:
        value = get(reading) or {}
        names = value if len(value) <= MAX_PARTS else list(value)[:MAX_PARTS]
        for name in names:
            if name:
                parts[tag, name] = take(value[name])

    return flatten


def _fixed(get: Callable[[Any], Any], tag: str, hints: Mapping[str, Any]) -> Flatten | None:
    if not all(_is_struct(hint) for hint in hints.values()):
        return None
    takers = [(name, attrgetter(name), _taker(get_type_hints(hint))) for name, hint in hints.items()]

    def flatten(parts: Parts, reading: Any) -> None:
        value = get(reading)
        if value is not None:
            for name, part, take in takers:
                parts[tag, name] = take(part(value))

    return flatten


def _row(get: Callable[[Any], Any], shape: Row) -> Flatten:
    def flatten(parts: Parts, reading: Any) -> None:
        whole = parts["", ""]
        for field, value in zip(shape.fields, get(reading), strict=False):
            if value is not None:
                whole[field] = float(value)

    return flatten


def _listed(get: Callable[[Any], Any], shape: Listed) -> Flatten:
    tag, field = shape

    def flatten(parts: Parts, reading: Any) -> None:
        for place, value in zip(_PLACES, get(reading), strict=False):
            if value is not None:
                key = (tag, place)
                if key in parts:
                    parts[key][field] = float(value)
                else:
                    parts[key] = {field: float(value)}

    return flatten


def _taker(hints: Mapping[str, Any]) -> _Take:
    """What takes the numbers among an object's fields of those types."""
    names = tuple(name for name, hint in hints.items() if _is_number(hint))
    if not names:
        return lambda _: {}
    if len(names) == 1:
        names *= 2  # attrgetter gives a tuple from two names on
    get = attrgetter(*names)

    def take(value: Any) -> dict[str, float]:
        pairs = zip(names, get(value), strict=True)
        return {name: float(number) for name, number in pairs if number is not None}

    return take


def _inner(hint: Any) -> Any:
    """The type of what is there, when it may be absent too."""
    there = [one for one in get_args(hint) if one is not type(None)]
    return there[0] if type(None) in get_args(hint) and len(there) == 1 else hint


def _is_number(hint: Any) -> bool:
    return set(get_args(hint) or (hint,)) <= _NUMBERS


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Struct)


def _has_plain_parts(hint: Any) -> bool:
    """Whether numbers may be nested in it, without a shape that says how they are kept."""
    inner = _inner(hint)
    return get_origin(inner) in (list, dict) and get_args(inner)[-1] is not str
