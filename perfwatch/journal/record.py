"""Records one after another, each of which can be told from garbage. No input or output."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

# Where a record begins, so that the next can be found behind a damaged one. The first byte is in no UTF-8
# text, so a body of text cannot have it; the digit is the version.
MARK = b"\xffPW1"

_FRAME = struct.Struct(">4sI")  # mark, CRC-32 of all that follows
_HEAD = struct.Struct(">IIIQ")  # length of the body, readings before it in its file, readings in it, time
_START = _FRAME.size + _HEAD.size


class Record(NamedTuple):
    """What was appended together: the `readings` from `number` on, at `time_ms` since 1970.

    With none it is a note. `end` is the offset behind it.
    """

    number: int
    readings: int
    time_ms: int
    body: bytes
    end: int


class Damage(NamedTuple):
    """Bytes up to `end` which are no record; `torn` when a record simply stops with the file."""

    end: int
    torn: bool


def pack(before: int, count: int, time_ms: int, body: bytes) -> bytes:
    """A record as it stands in the file, where `before` readings precede it."""
    rest = _HEAD.pack(len(body), before, count, time_ms) + body
    return _FRAME.pack(MARK, zlib.crc32(rest)) + rest


def unpack(content: bytes, first: int = 0) -> Iterator[Record | Damage]:
    """Every record, and what lies between them; `first` is the number of the file's first reading."""
    offset = 0
    while offset < len(content):
        found = _record(content, offset, first) or _damage(content, offset)
        offset = found.end
        yield found


def _record(content: bytes, offset: int, first: int) -> Record | None:
    begin = offset + _START
    if begin > len(content):
        return None
    mark, checksum = _FRAME.unpack_from(content, offset)
    length, before, count, time_ms = _HEAD.unpack_from(content, offset + _FRAME.size)
    end = begin + length
    if mark != MARK or end > len(content) or zlib.crc32(content[offset + _FRAME.size : end]) != checksum:
        return None
    return Record(first + before, count, time_ms, content[begin:end], end)


def _damage(content: bytes, offset: int) -> Damage:
    following = offset
    while (following := content.find(MARK, following + 1)) >= 0:
        if _record(content, following, 0):
            return Damage(following, torn=False)
    torn = MARK.startswith(content[offset : offset + len(MARK)])
    if torn and len(content) >= offset + _START:
        torn = len(content) < offset + _START + int(_HEAD.unpack_from(content, offset + _FRAME.size)[0])
    return Damage(len(content), torn)
