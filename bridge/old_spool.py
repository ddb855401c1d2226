"""Files of the spool of before (`*.spool`), as the journal's records. No input or output."""

from __future__ import annotations

import struct
import zlib

from perfwatch.journal.record import pack

_MARK = b"PWspool1"
_FRAME = struct.Struct(">8sII")  # mark, length of the rest, CRC-32 of the rest
_REST = struct.Struct(">dI")  # seconds since 1970, readings; then the body


def convert(content: bytes) -> bytes:
    """All that can be read, and what is damaged as it is; not a record that simply stops with the file."""
    parts, offset, before = list[bytes](), 0, 0
    while len(content) - offset > _FRAME.size:
        mark, length, checksum = _FRAME.unpack_from(content, offset)
        rest = content[offset + _FRAME.size : offset + _FRAME.size + length]
        if mark == _MARK and length >= _REST.size and zlib.crc32(rest) == checksum:
            seconds, readings = _REST.unpack_from(rest)
            parts.append(pack(before, readings, round(seconds * 1000), rest[_REST.size :]))
            offset += _FRAME.size + length
            before += readings
            continue
        following = content.find(_MARK, offset + 1)
        if following < 0 and mark == _MARK and len(rest) < length:
            break
        following = following if following > 0 else len(content)
        parts.append(content[offset:following])
        offset = following
    return b"".join(parts)
