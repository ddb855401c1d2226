"""A reading as the outbox keeps it, now and before there was a journal. No input or output."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple, Self

from perfwatch.journal.record import Record, pack

_HEAD = struct.Struct(">IH")  # readings not acknowledged, the topic's length; then topic and payload

# In a file of before (`*.seg`): CRC-32 of all that follows; then the payload's and the topic's length,
# readings not acknowledged, ms since 1970; then topic and payload.
_OLD_CHECK = struct.Struct(">I")
_OLD_HEAD = struct.Struct(">IHIQ")


class KeptReading(NamedTuple):
    """When it was added, `behind` before it were not acknowledged.

    With an empty topic it is a note: it says only how far things were.
    """

    topic: str
    payload: bytes
    behind: int

    @classmethod
    def of(cls, record: Record) -> Self:
        behind, length = _HEAD.unpack_from(record.body)
        rest = record.body[_HEAD.size :]
        return cls(rest[:length].decode(), rest[length:], behind)

    def pack(self) -> bytes:
        topic = self.topic.encode()
        return _HEAD.pack(self.behind, len(topic)) + topic + self.payload


def convert(content: bytes) -> bytes:
    """A file of before as the journal's records; from a damaged one on, what is there as it is."""
    parts, offset, before = list[bytes](), 0, 0
    while len(content) - offset >= _OLD_CHECK.size + _OLD_HEAD.size:
        start = offset + _OLD_CHECK.size
        length, name_length, behind, time_ms = _OLD_HEAD.unpack_from(content, start)
        body = start + _OLD_HEAD.size
        end = body + name_length + length
        if zlib.crc32(content[start:end]) != _OLD_CHECK.unpack_from(content, offset)[0]:
            break
        count = min(1, name_length)
        parts.append(pack(before, count, time_ms, _HEAD.pack(behind, name_length) + content[body:end]))
        offset, before = end, before + count
    return b"".join((*parts, content[offset:]))
