"""The quick way from a payload to numbers, for readings whose type is declared.

Each type has a twin with its numbers alone, all of them floats, those of the host first. So msgspec checks
and converts them while it decodes, and `astuple` gives them in an order known beforehand: nothing is looked
at one by one. What the numbers are called is made only for parts that were not seen before, on any host.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, Protocol, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from perfwatch.history.shapes import MAX_PARTS, Listed, Shape, Spread
from perfwatch.history.store import Part
from perfwatch.readings.base import Number, Timestamp

_Numbers: TypeAlias = list[float | None]

_NUMBERS = {float, int, type(None)}

# Of each metric. Hosts that are alike have one form between them.
MAX_FORMS = 4096


class Twin(Struct):
    """What every twin begins with."""

    timestamp: Timestamp


class _Step(Protocol):
    """Takes the numbers out of one part of a twin, given as the tuple of its fields."""

    def collect(self, numbers: _Numbers, values: tuple[Any, ...]) -> Hashable:
        """Add numbers; returns a key that tells which parts they belong to."""

    def parts(self, key: Any) -> list[Part]:
        """What the numbers that came with `key` are called."""


class Form:
    """What the numbers of alike readings are called, those of one part side by side.

    `order` has their places among all numbers of the type; at the places of `absent` there is None.
    """

    def __init__(self, parts: tuple[Part, ...], order: list[int], absent: tuple[int, ...]) -> None:
        self.parts = parts
        as_they_come = order == list(range(len(order)))
        self._pick = None if as_they_come and not absent else _picker(order)
        self._absent = _picker(absent) if absent else None
        self._nones = (None,) * len(absent)

    def pick(self, numbers: _Numbers) -> Sequence[float] | None:
        """Those numbers in the order of `parts`; None when not exactly these are there."""
        found: Any = numbers if self._pick is None else self._pick(numbers)
        try:
            sum(found)  # it ends at a None, and takes a third of the time of a search for one
        except TypeError:
            return None
        if self._absent is not None and self._absent(numbers) != self._nones:
            return None
        return found  # type: ignore[no-any-return]


class Declared:
    """Readings of one type: their numbers, and their `form`, which hosts that are alike have in common."""

    def __init__(self, twin: type[Twin], own: tuple[str, ...], steps: list[_Step]) -> None:
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(twin).decode
        self._own = own
        self._end = 1 + len(own)
        self._steps = steps
        self._collectors = [step.collect for step in steps]
        self.form = lru_cache(MAX_FORMS)(self._form)

    def decode(self, payload: bytes) -> tuple[datetime, _Numbers, Hashable]:
        """The time, all numbers as they come, None for those that are not there, and a key for `form`.

        Raises what msgspec raises.
        """
        values = astuple(self._decode(payload))
        numbers: _Numbers = [*values[1 : self._end]]
        key: tuple[Hashable, ...] = ()
        for collect in self._collectors:
            key += (collect(numbers, values),)
        return values[0], numbers, key

    def _form(self, key: tuple[Any, ...], absent: tuple[int, ...]) -> Form:
        """`absent` has the places of the numbers that are not there."""
        names = [(part.tag, part.name, field) for part in self._parts(key) for field in part.fields]
        groups: dict[tuple[str, str], dict[str, int]] = {}
        gone = set(absent)
        for place, (tag, name, field) in enumerate(names):
            if place not in gone:
                groups.setdefault((tag, name), {})[field] = place
        parts = tuple([Part(*part, tuple(fields)) for part, fields in groups.items()])
        order = [place for fields in groups.values() for place in fields.values()]
        return Form(parts, order, absent)

    def _parts(self, key: tuple[Any, ...]) -> list[Part]:
        own = [Part("", "", self._own)]
        return own + [part for step, k in zip(self._steps, key, strict=True) for part in step.parts(k)]


def _picker(places: Sequence[int]) -> Callable[[_Numbers], tuple[float | None, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda numbers: tuple([numbers[place] for place in places])


def declared(kind: type[Struct], shapes: Mapping[str, Shape]) -> Declared | None:
    """The quick way for that type, or None when it holds something that must be looked at."""
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name != "timestamp"}
    if any(_is_plain(hint) for name, hint in hints.items() if name not in shapes):
        return None
    own = tuple(name for name, hint in hints.items() if name not in shapes and _is_number(hint))
    shaped = {name: _twin_hint(hint) for name, hint in hints.items() if name in shapes}
    twin = _struct(kind.__name__, {**dict.fromkeys(own, Number), **shaped}, Twin)
    places = {name: 1 + len(own) + at for at, name in enumerate(shaped)}
    return Declared(twin, own, _steps(places, shaped, shapes))


def _steps(places: Mapping[str, int], hints: Mapping[str, Any], shapes: Mapping[str, Shape]) -> list[_Step]:
    lists: dict[str, dict[int, str]] = {}
    steps: list[_Step] = []
    for name, at in places.items():
        shape, inner = shapes[name], _inner(hints[name])
        if isinstance(shape, Spread):
            steps.append(_Row(at, shape.fields))
        elif isinstance(shape, Listed):
            lists.setdefault(shape.tag, {})[at] = shape.field
        elif _is_struct(inner):
            steps.append(_Fixed(at, shape.tag, inner))
        else:
            steps.append(_Named(at, shape.tag, get_args(inner)[1]))
    return steps + [_Lists(tag, columns) for tag, columns in lists.items()]


class _Row(_Step):
    def __init__(self, at: int, names: tuple[str, ...]) -> None:
        self._at = at
        self._names = names

    def collect(self, numbers: _Numbers, values: tuple[Any, ...]) -> Hashable:
        row = values[self._at][: len(self._names)]
        numbers += row
        return len(row)

    def parts(self, key: int) -> list[Part]:
        return [Part("", "", self._names[:key])]


class _Lists(_Step):
    """The lists of one tag, one after another: each place in them is a part."""

    def __init__(self, tag: str, columns: Mapping[int, str]) -> None:
        self._tag = tag
        self._columns = list(columns)
        self._names = tuple(columns.values())

    def collect(self, numbers: _Numbers, values: tuple[Any, ...]) -> Hashable:
        lengths = []
        for at in self._columns:
            column = values[at][:MAX_PARTS]
            numbers += column
            lengths.append(len(column))
        return tuple(lengths)

    def parts(self, key: tuple[int, ...]) -> list[Part]:
        columns = zip(self._names, key, strict=True)
        return [Part(self._tag, str(place), (name,)) for name, length in columns for place in range(length)]


class _Named(_Step):
    def __init__(self, at: int, tag: str, kind: type[Struct]) -> None:
        self._at = at
        self._tag = tag
        self._names = kind.__struct_fields__
        self._one = attrgetter(*self._names) if len(self._names) == 1 else None

    def collect(self, numbers: _Numbers, values: tuple[Any, ...]) -> Hashable:
        parts = values[self._at]
        if not parts:
            return ()
        if len(parts) > MAX_PARTS or "" in parts:
            parts = {name: parts[name] for name in list(parts)[:MAX_PARTS] if name}
        found = parts.values()
        numbers += map(self._one, found) if self._one else chain.from_iterable(map(astuple, found))
        return tuple(parts)

    def parts(self, key: tuple[str, ...]) -> list[Part]:
        return [Part(self._tag, name, self._names) for name in key]


class _Fixed(_Step):
    """Parts whose names are fields of the type; as long as one of them is there, all are counted."""

    def __init__(self, at: int, tag: str, kind: type[Struct]) -> None:
        hints = {name: _inner(hint).__struct_fields__ for name, hint in get_type_hints(kind).items()}
        self._at = at
        self._absent = [(None,) * len(names) for names in hints.values()]
        self._parts = [Part(tag, name, names) for name, names in hints.items()]

    def collect(self, numbers: _Numbers, values: tuple[Any, ...]) -> Hashable:
        parts = () if values[self._at] is None else astuple(values[self._at])
        for part, absent in zip(parts, self._absent, strict=False):
            numbers += absent if part is None else astuple(part)
        return bool(parts)

    def parts(self, key: bool) -> list[Part]:
        return self._parts if key else []


def _twin_hint(hint: Any) -> Any:
    """The type of a shaped field in a twin: the same, of twins and floats."""
    inner = _inner(hint)
    if _is_struct(inner):
        return _part_twin(inner) | None
    if get_origin(inner) is dict:
        return dict[str, _part_twin(get_args(inner)[1])] | None  # type: ignore[misc]
    return list[Number]


def _part_twin(kind: type[Struct]) -> Any:
    hints = get_type_hints(kind)
    nested = {name: _part_twin(hint) | None for name, hint in hints.items() if _is_struct(hint)}
    return _struct(
        kind.__name__, nested or {name: Number for name, hint in hints.items() if _is_number(hint)}
    )


def _struct(name: str, hints: Mapping[str, Any], base: type[Struct] = Struct) -> Any:
    """A type all of whose fields may be absent; without the garbage collector, as JSON has no cycles."""
    fields: list[tuple[str, Any, Any]] = [
        (field, hint, [] if get_origin(hint) is list else None) for field, hint in hints.items()
    ]
    return msgspec.defstruct(name, fields, bases=(base,), gc=False)


def _inner(hint: Any) -> Any:
    """The type of what is there, when it may be absent too."""
    there = [one for one in get_args(hint) if one is not type(None)]
    return there[0] if type(None) in get_args(hint) and len(there) == 1 else hint


def _is_number(hint: Any) -> bool:
    return set(get_args(hint) or (hint,)) <= _NUMBERS


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Struct)


def _is_plain(hint: Any) -> bool:
    """Whether numbers may be nested in it, without a shape that says how they are kept."""
    inner = _inner(hint)
    return get_origin(inner) in (list, dict) and get_args(inner)[-1] is not str
