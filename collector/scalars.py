"""A reading's numbers, each as text with its path: for clients that cannot take JSON apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from msgspec import Struct

from perfwatch.errors import TopicError
from perfwatch.readings.base import Reading
from perfwatch.topics import safe_level

LIMIT = 1000
"""So many numbers of one reading are published at most: each is a topic that the broker retains."""

_DEEPEST = 8

Path = tuple[str, ...]


def scalars(reading: Reading | Mapping[str, Any]) -> dict[Path, str]:
    """The numbers in a reading by their path, as plain decimals.

    A path's levels are the names made safe for a topic, a list's are the places from 0; of two that
    are the same then, the first is kept. What is null, text or a truth value has no number.
    """
    found: dict[Path, str] = {}
    for path, number in islice(_numbers(reading, ()), LIMIT):
        found.setdefault(path, decimal(number))
    return found


def decimal(number: float) -> str:
    """As short as it is exact, and never with an exponent: a small display's parser knows none."""
    text = repr(number)
    return format(Decimal(text), "f") if "e" in text else text


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, float]]:
    if isinstance(value, bool) or value is None or len(path) > _DEEPEST:
        return
    if isinstance(value, int | float):
        if math.isfinite(value):
            yield path, value
    elif isinstance(value, Struct):
        for field in value.__struct_fields__:
            yield from _numbers(getattr(value, field), (*path, field))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _numbers(inner, (*path, _level(name)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _numbers(inner, (*path, str(place)))


def _level(name: str) -> str:
    try:
        return safe_level(name)
    except TopicError:
        return "_"  # nothing is left of it
