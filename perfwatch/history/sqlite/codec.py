"""Columns of numbers as bytes: one to three bytes a number of what machines measure. No input or output.

Most numbers have few decimals, so a column becomes whole numbers, and those what is left of them beside a
straight line or beside the one before, whichever is smaller. They take the fewest bytes that hold them, all
first bytes before all second ones, and zlib does the rest.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, count, repeat
from operator import add, mul, sub, truediv
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

# zlib's window (a power of two) and what it matches by: 48 KB for the few kB that are packed here at a time.
# To make the 268 KB of its defaults anew takes longer than packing does.
_WINDOW, _MEMORY = 13, 5

# Whole numbers whose differences fit into 8 bytes.
_LARGEST = 2**61


class Column(NamedTuple):
    """Each number is (number + first) / scale. To scale what was made of them is cheaper than all of them."""

    numbers: list[Any]
    first: int = 0
    scale: float = 1.0

    def floats(self) -> list[float]:
        numbers = map(add, self.numbers, repeat(self.first)) if self.first else self.numbers
        return list(map(truediv, numbers, repeat(self.scale)))


def column(numbers: Sequence[float]) -> Column:
    """Floats as whole numbers when they have no more than four decimals, otherwise as they are."""
    for scale in _SCALES:
        if _scaled(numbers[:8], scale) and (scaled := _scaled(numbers, scale)):
            return Column(scaled, 0, scale)
    return Column(list(numbers))


def _scaled(numbers: Sequence[float], scale: float) -> list[int] | None:
    try:
        scaled = list(map(round, map(mul, numbers, repeat(scale))))
    except (OverflowError, ValueError):  # a sum may be infinite
        return None
    if list(map(truediv, scaled, repeat(scale))) != list(numbers):
        return None
    return scaled if min(scaled) > -_LARGEST and max(scaled) < _LARGEST else None


def compressed(
    content: bytes, level: int = zlib.Z_DEFAULT_COMPRESSION, strategy: int = zlib.Z_DEFAULT_STRATEGY
) -> bytes:
    """As zlib.compress, several times as fast for little content."""
    packer = zlib.compressobj(level, wbits=_WINDOW, memLevel=_MEMORY, strategy=strategy)
    return packer.compress(content) + packer.flush()


def pack(*columns: Sequence[int] | Column) -> bytes:
    """Columns as bytes, none of them empty."""
    heads, bodies = zip(*map(_packed, columns), strict=True)
    head = compressed(b"".join(heads))
    return b"".join((_HEADS.pack(len(head)), head, *bodies))


def unpack(packed: bytes) -> list[Column]:
    """The columns again. Their numbers are not to be changed, as others may share them."""
    (size,) = _HEADS.unpack_from(packed)
    at, columns = _HEADS.size + size, []
    for head in _HEAD.iter_unpack(zlib.decompress(packed[_HEADS.size : at])):
        end = at + head[3]
        columns.append(_column(*head, packed[at:end]))
        at = end
    return columns


def _packed(column: Sequence[int] | Column) -> tuple[bytes, bytes]:
    if not isinstance(column, Column):
        return _packed_line(tuple(column))
    numbers = column.numbers
    if isinstance(numbers[0], float):
        body = _shuffled(array("d", numbers))
        return _HEAD.pack(_FLOATS, 0, 8, len(body), len(numbers), 0, 0), body
    return _ints(_SCALES.index(column.scale), numbers, 0, column.first)


# The series of one message have the same times.
@lru_cache(maxsize=8)
def _packed_line(numbers: tuple[int, ...]) -> tuple[bytes, bytes]:
    return _ints(_INTS, numbers, (numbers[-1] - numbers[0]) // max(1, len(numbers) - 1))


def _ints(kind: int, numbers: Sequence[int], step: int, above: int = 0) -> tuple[bytes, bytes]:
    first = numbers[0]
    rest = list(map(sub, numbers, count(first, step)))
    width, of_last = _width(rest), False
    if width > 1:
        beside_last = list(map(sub, rest[1:], rest))
        if (smaller := _width(beside_last)) < width:
            rest, width, of_last = beside_last, smaller, True
    body = _shuffled(array(_TYPES[width], rest)) if width else b""
    return _HEAD.pack(kind, of_last, width, len(body), len(numbers), first + above, step), body


def _width(numbers: Sequence[int]) -> int:
    low, high = min(numbers, default=0), max(numbers, default=0)
    if low == high == 0:
        return 0
    return next(width for width in _TYPES if -1 << 8 * width - 1 <= low and high < 1 << 8 * width - 1)


def _shuffled(numbers: array[Any]) -> bytes:
    content, width = numbers.tobytes(), numbers.itemsize
    return compressed(b"".join([content[place::width] for place in range(width)]))


# The series of one message have the same times, and often the same counts.
@lru_cache(maxsize=8)
def _column(
    kind: int, of_last: int, width: int, _: int, size: int, first: int, step: int, body: bytes
) -> Column:
    if kind == _FLOATS:
        return Column(_unshuffled("d", body).tolist())
    rest: list[int] = _unshuffled(_TYPES[width], body).tolist() if width else [0] * (size - of_last)
    if of_last:
        rest = list(accumulate(rest, initial=0))
    if kind == _INTS:
        return Column(list(map(add, rest, count(first, step))))
    return Column(rest, first, _SCALES[kind])


def _unshuffled(kind: str, body: bytes) -> array[Any]:
    numbers, content = array(kind), zlib.decompress(body)
    width, mixed = numbers.itemsize, bytearray(len(content))
    size = len(content) // width
    for place in range(width):
        mixed[place::width] = content[place * size : (place + 1) * size]
    numbers.frombytes(mixed)
    return numbers
