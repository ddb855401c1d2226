"""Records one after another, each of which can be told from garbage. No input or output."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

# Marks where a record begins, so that the next can be found behind a damaged one; the digit is the version.
MARK = b"PWspool1"

_FRAME = struct.Struct(">8sII")  # mark, length of the rest, CRC-32 of the rest
_REST = struct.Struct(">dI")  # seconds since 1970, readings; then the body


class Record(NamedTuple):
    """What was appended together. `end` is the offset behind it."""

    end: int
    time: float
    readings: int
    body: bytes


class Damage(NamedTuple):
    """Bytes up to `end` which are no record; `torn` when a record simply stops with the file."""

    end: int
    torn: bool


def pack(time: float, readings: int, body: bytes) -> bytes:
    """A record as it stands in the file; `time` is in seconds since 1970."""
    rest = _REST.pack(time, readings) + body
    return _FRAME.pack(MARK, len(rest), zlib.crc32(rest)) + rest


def unpack(content: bytes, offset: int = 0) -> Iterator[Record | Damage]:
    """Every record from `offset` on, and what lies between them."""
    while offset < len(content):
        found = _record(content, offset) or _damage(content, offset)
        offset = found.end
        yield found


def _record(content: bytes, offset: int) -> Record | None:
    begin = offset + _FRAME.size
    if begin > len(content):
        return None
    mark, length, checksum = _FRAME.unpack_from(content, offset)
    rest = content[begin : begin + length]
    if mark != MARK or len(rest) < max(length, _REST.size) or zlib.crc32(rest) != checksum:
        return None
    time, readings = _REST.unpack_from(rest)
    return Record(begin + length, time, readings, rest[_REST.size :])


def _damage(content: bytes, offset: int) -> Damage:
    following = content.find(MARK, offset + 1)
    if following >= 0:
        return Damage(following, torn=False)
    return Damage(len(content), torn=_stops_short(content, offset))


def _stops_short(content: bytes, offset: int) -> bool:
    """Whether a record begins at `offset` and its end was never written."""
    if not MARK.startswith(content[offset : offset + len(MARK)]):
        return False
    if len(content) < offset + _FRAME.size:
        return True
    _, length, _ = _FRAME.unpack_from(content, offset)
    return len(content) < offset + _FRAME.size + int(length)
