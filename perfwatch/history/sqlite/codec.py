"""Columns of numbers as bytes: one to three bytes a number of what machines measure. No input or output.

Most numbers have few decimals, so a column becomes whole numbers, and those what is left of them beside a
straight line or beside the one before, whichever is smaller. They take the fewest bytes that hold them, all
first bytes before all second ones, and zlib does the rest.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, count, repeat
from operator import add, sub, truediv
from struct import Struct
from typing import Any, NamedTuple

# How a column's numbers are kept: ints, floats as they are, or floats as whole numbers of 10 ** -kind.
_INTS, _FLOATS = 254, 255
_SCALES = (1.0, 10.0, 100.0, 1000.0, 10000.0)

# Kind, whether its rest is beside the number before, bytes of one rest, bytes of all of it packed, how many
# numbers; the first, the step.
_HEAD = Struct("<BBBIIqq")
_HEADS = Struct("<H")
_TYPES = {1: "b", 2: "h", 4: "i", 8: "q"}

# Whole numbers whose differences fit into 8 bytes.
_LARGEST = 2**61


class Whole(NamedTuple):
    """Numbers as multiples of 10 ** -places."""

    places: int
    numbers: list[int]


def whole(numbers: Sequence[float]) -> Whole | None:
    """The same as whole numbers with no more than four decimals, or None when they are not that."""
    for places, scale in enumerate(_SCALES):
        if _scaled(numbers[:8], scale) is not None and (scaled := _scaled(numbers, scale)) is not None:
            return Whole(places, scaled)
    return None


def _scaled(numbers: Sequence[float], scale: float) -> list[int] | None:
    try:
        scaled = [round(number * scale) for number in numbers]
    except (OverflowError, ValueError):  # a sum may be infinite
        return None
    if -_LARGEST < min(scaled) and max(scaled) < _LARGEST and _unscaled(scaled, scale) == list(numbers):
        return scaled
    return None


def _unscaled(numbers: Iterable[int], scale: float) -> list[float]:
    return list(map(truediv, numbers, repeat(scale)))


def pack(*columns: Sequence[float]) -> bytes:
    """Columns as bytes; one whose first number is an int must have ints only. None may be empty."""
    heads, bodies = zip(*map(_packed, columns), strict=True)
    head = zlib.compress(b"".join(heads))
    return b"".join((_HEADS.pack(len(head)), head, *bodies))


def unpack(packed: bytes) -> list[list[Any]]:
    """The columns again: lists that are not to be changed, as others may share them."""
    (size,) = _HEADS.unpack_from(packed)
    at, columns = _HEADS.size + size, []
    for head in _HEAD.iter_unpack(zlib.decompress(packed[_HEADS.size : at])):
        end = at + head[3]
        columns.append(_column(*head, packed[at:end]))
        at = end
    return columns


def _packed(numbers: Sequence[float]) -> tuple[bytes, bytes]:
    if isinstance(numbers[0], int):
        return _ints(_INTS, numbers)  # type: ignore[arg-type]  # all of them are
    found = whole(numbers)
    if found is not None:
        return _ints(*found)
    body = _shuffled(array("d", numbers))
    return _HEAD.pack(_FLOATS, 0, 8, len(body), len(numbers), 0, 0), body


def _ints(kind: int, numbers: Sequence[int]) -> tuple[bytes, bytes]:
    first, steps = numbers[0], max(1, len(numbers) - 1)
    step = (numbers[-1] - first) // steps
    beside_line = list(map(sub, numbers, count(first, step)))
    beside_last = list(map(sub, beside_line[1:], beside_line))
    line, last = _width(beside_line), _width(beside_last)
    rest, width = (beside_last, last) if last < line else (beside_line, line)
    body = _shuffled(array(_TYPES[width], rest)) if width else b""
    return _HEAD.pack(kind, last < line, width, len(body), len(numbers), first, step), body


def _width(numbers: Sequence[int]) -> int:
    low, high = min(numbers, default=0), max(numbers, default=0)
    if low == high == 0:
        return 0
    return next(width for width in _TYPES if -1 << 8 * width - 1 <= low and high < 1 << 8 * width - 1)


def _shuffled(numbers: array[Any]) -> bytes:
    content, width = numbers.tobytes(), numbers.itemsize
    return zlib.compress(b"".join([content[place::width] for place in range(width)]))


# The series of one message have the same times, and often the same counts.
@lru_cache(maxsize=64)
def _column(
    kind: int, of_last: int, width: int, _: int, size: int, first: int, step: int, body: bytes
) -> list[Any]:
    if kind == _FLOATS:
        return _unshuffled("d", body).tolist()
    rest: Iterable[int] = _unshuffled(_TYPES[width], body) if width else repeat(0, size - of_last)
    beside_line = accumulate(rest, initial=0) if of_last else rest
    numbers = list(map(add, beside_line, count(first, step)))
    return numbers if kind == _INTS else _unscaled(numbers, _SCALES[kind])


def _unshuffled(kind: str, body: bytes) -> array[Any]:
    numbers, content = array(kind), zlib.decompress(body)
    width, mixed = numbers.itemsize, bytearray(len(content))
    size = len(content) // width
    for place in range(width):
        mixed[place::width] = content[place * size : (place + 1) * size]
    numbers.frombytes(mixed)
    return numbers
