"""One stretch of the outbox: records one after another, in a file or, while there is no disk, in memory."""

from __future__ import annotations

import errno
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

# CRC-32 of all that follows; then the payload's and the topic's length, how many readings before
# this one were not acknowledged when it was written, and the time (ms since 1970).
_CHECK = struct.Struct(">I")
_HEAD = struct.Struct(">IHIQ")
_START = _CHECK.size + _HEAD.size


class Record(NamedTuple):
    """A reading as it is kept. One with an empty topic is a note: it says only how far things were."""

    topic: str
    payload: bytes
    behind: int
    time_ms: int

    @property
    def size(self) -> int:
        return _START + len(self.topic.encode()) + len(self.payload)

    def pack(self) -> bytes:
        name = self.topic.encode()
        rest = _HEAD.pack(len(self.payload), len(name), self.behind, self.time_ms) + name + self.payload
        return _CHECK.pack(zlib.crc32(rest)) + rest


class Segment:
    """Records from number `first` on. In memory when it has no `path`. OSError is left to the caller."""

    def __init__(self, first: int, path: Path | None, now: float) -> None:
        self.first = first
        self.path = path
        self.born = self.touched = now
        self.count = 0
        self.size = 0
        self._bytes = bytearray()
        self._file = -1
        if path is not None:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)

    @classmethod
    def found(cls, path: Path, learn: Callable[[Record], None]) -> tuple[Segment, int]:
        """What an earlier run left, and how many bytes at its end are damaged; `learn` gets each record."""
        segment = cls(0, None, 0.0)
        segment._bytes = bytearray(path.read_bytes())
        whole = len(segment._bytes)
        for record in segment._scan():
            learn(record)
        segment.path, segment._bytes = path, bytearray()
        return segment, whole - segment.size

    @property
    def end(self) -> int:
        """The number after its last reading."""
        return self.first + self.count

    def append(self, record: Record, now: float) -> None:
        """All of it or, with OSError, nothing."""
        packed = record.pack()
        if self.path is None:
            self._bytes += packed
        elif os.pwrite(self._opened(), packed, self.size) < len(packed):
            os.ftruncate(self._opened(), self.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self.size += len(packed)
        self.count += bool(record.topic)
        self.touched = now

    def read(self, offset: int) -> Record | None:
        """The record that begins there; None when it is damaged or the segment ends before it does."""
        check, head = self._part(offset, _CHECK.size), self._part(offset + _CHECK.size, _HEAD.size)
        if len(head) < _HEAD.size:
            return None
        length, name_length, behind, time_ms = _HEAD.unpack(head)
        if length + name_length > self._left(offset):
            return None
        rest = self._part(offset + _START, name_length + length)
        if zlib.crc32(rest, zlib.crc32(head)) != _CHECK.unpack(check)[0]:
            return None
        return Record(rest[:name_length].decode(), rest[name_length:], behind, time_ms)

    def save(self, path: Path) -> None:
        """Move it from memory to that file."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            if os.pwrite(file, self._bytes, 0) < self.size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            path.unlink()
            raise
        finally:
            os.close(file)
        self.path, self._bytes = path, bytearray()

    def close(self) -> None:
        """Give the file back to the system; it is opened again when it is needed."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def remove(self) -> None:
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _scan(self) -> Iterator[Record]:
        """Learn size and count from what is there, as far as it is whole."""
        self.size = len(self._bytes)
        offset = 0
        while record := self.read(offset):
            offset += record.size
            self.count += bool(record.topic)
            yield record
        self.size = offset

    def _left(self, offset: int) -> int:
        return self.size - offset - _START

    def _part(self, offset: int, length: int) -> bytes:
        if self.path is None:
            return bytes(self._bytes[offset : offset + length])
        return os.pread(self._opened(), length, offset)

    def _opened(self) -> int:
        if self._file < 0:
            assert self.path is not None
            self._file = os.open(self.path, os.O_RDWR)
        return self._file
