"""One file of the spool: written at its end, taken from its beginning."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from bridge.record import Damage, Record, pack, unpack
from perfwatch.history.store import Numbers, Point, each_point

# What is taken out at once, unless one record is larger. Bytes: some thousand readings.
CHUNK_BYTES = 512 * 1024

_log = logging.getLogger(__name__)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Point])


def encode(points: Iterable[Point | Numbers], readings: int, time: float) -> bytes:
    """A record of points that came at `time` (seconds since 1970)."""
    return pack(time, readings, _encoder.encode(list(each_point(points))))


class Chunk(NamedTuple):
    """Points in the order in which they were appended, and how many readings they came in.

    `end` is the offset behind them; `expired` readings and `damaged` places were left out on the way.
    """

    points: list[Point]
    readings: int
    expired: int
    damaged: int
    end: int


class Segment:
    """Counts of a file: `size` and `offset` (up to which it was taken) in bytes, `time` of its first record.

    The methods raise OSError as it comes.
    """

    def __init__(self, path: Path, time: float) -> None:
        self.path = path
        self.time = time
        self.size = 0
        self.offset = 0
        self.readings = 0
        self._file: int | None = None

    @classmethod
    def create(cls, path: Path, time: float) -> Self:
        segment = cls(path, time)
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        segment._file = os.open(path, flags, 0o600)
        return segment

    @classmethod
    def found(cls, path: Path) -> tuple[Self, int]:
        """A file of an earlier run, and how many places in it cannot be read.

        A torn end is not one of them: it was never acknowledged, so the broker sends it again.
        """
        segment, damaged = cls(path, 0.0), 0
        for part in unpack(path.read_bytes()):
            segment.size = part.end
            if isinstance(part, Record):
                segment.time = segment.time or part.time
                segment.readings += part.readings
            elif not part.torn:
                damaged += 1
                _log.error("%s is damaged before byte %d; what can be read is kept", path, part.end)
        return segment, damaged

    @property
    def writable(self) -> bool:
        return self._file is not None

    def append(self, record: bytes, readings: int) -> None:
        """Write and sync. After an error nothing can be appended any more, and nothing half is left."""
        assert self._file is not None
        try:
            rest = memoryview(record)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            # What a failed sync left on the disk nobody knows: never write behind it.
            self._cut_off()
            raise
        self.size += len(record)
        self.readings += readings

    def take(self, oldest: float) -> Chunk:
        """The next points that came at `oldest` or later; there are none when only older ones are left."""
        content = self.path.read_bytes()[: self.size]
        points: list[Point] = []
        readings = expired = damaged = 0
        end = self.offset
        for part in unpack(content, self.offset):
            end = part.end
            if isinstance(part, Damage):
                continue
            if part.time < oldest:
                expired += part.readings
                continue
            try:
                points += _decoder.decode(part.body)
                readings += part.readings
            except msgspec.DecodeError as exc:
                damaged += 1
                _log.error("%s has a record before byte %d that cannot be read: %s", self.path, end, exc)
            if end - self.offset >= CHUNK_BYTES:
                break
        return Chunk(points, readings, expired, damaged, end)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _cut_off(self) -> None:
        try:
            if self._file is not None:
                os.ftruncate(self._file, self.size)
        except OSError as exc:
            _log.warning("%s ends with half a record, which is left out: %s", self.path, exc)
        self.close()
