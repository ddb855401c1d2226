"""One file of a journal: written at its end, read from anywhere."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from perfwatch.journal.record import Damage, Record, pack, unpack

Convert = Callable[[bytes], bytes]


class Gap(NamedTuple):
    """A damaged place, at which `size` readings from number `at` on are lost, as far as that is known."""

    at: int
    size: int


class Segment:
    """Readings `first` … `end - 1` in `size` bytes, the first of `since_ms`; `append` makes the file.

    `born` and `touched` are in seconds on the monotonic clock. `convert` makes records of ours out of a
    file of an earlier version. The methods raise OSError as it comes.
    """

    def __init__(self, path: Path, first: int, now: float, convert: Convert | None = None) -> None:
        self.path = path
        self.first = self.end = first
        self.size = 0
        self.since_ms = 0
        self.born = self.touched = now
        self._convert = convert
        self._place = (first, 0)  # the number that begins at an offset
        self._file = -1

    def recover(self, wall: float) -> tuple[list[Record], list[Gap]]:
        """All that an earlier run left, and what is damaged; `wall` is the time now, since 1970.

        A torn end is no damage: nobody was told that it is kept.
        """
        parts = list(self._parts(self._content(0), self.first))
        records = [part for part in parts if isinstance(part, Record)]
        self.size = self.path.stat().st_size
        if records:
            self.end = records[-1].number + records[-1].readings
            self.since_ms = records[0].time_ms
            # By a clock that was set back since, nothing is older than now.
            self.born = self.touched = self.touched - max(0.0, wall - records[-1].time_ms / 1000)
        return records, [part for part in parts if isinstance(part, Gap)]

    def append(self, body: bytes, count: int, time_ms: int, now: float, sync: bool) -> None:
        if self._file < 0:
            flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC
            self._file = os.open(self.path, flags, 0o600)
        packed = pack(self.end - self.first, count, time_ms, body)
        if os.pwrite(self._file, packed, self.size) < len(packed):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if sync:
            self._sync()
        self.size += len(packed)
        self.end += count
        self.since_ms = self.since_ms or time_ms
        self.touched = now

    def read(self, number: int, limit: int) -> tuple[list[Record], list[Gap]]:
        """Records from `number` on but notes, about `limit` bytes of them, and damage met on the way."""
        begins, offset = self._place if number >= self._place[0] else (self.first, 0)
        records, gaps = list[Record](), list[Gap]()
        for part in self._parts(self._content(offset), begins):
            if isinstance(part, Gap):
                gaps.append(part)
                continue
            self._place = (part.number + part.readings, offset + part.end)
            if part.number >= number and part.readings:
                records.append(part)
            if records and part.end > limit:
                break
        return records, gaps

    def abandon(self) -> None:
        """Write no more: what an error left there nobody knows. It is cut off if the disk lets us."""
        with suppress(OSError):
            os.ftruncate(self._file, self.size)
        with suppress(OSError):
            self.close()

    def close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def remove(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)

    def _parts(self, content: bytes, at: int) -> Iterator[Record | Gap]:
        """What follows in `content`, where number `at` is to begin."""
        damaged = False
        for part in unpack(content, self.first):
            if isinstance(part, Damage):
                damaged = not part.torn
                continue
            if damaged or part.number > at:
                yield Gap(at, part.number - at)
            damaged, at = False, part.number + part.readings
            yield part
        if damaged or at < self.end:
            yield Gap(at, max(0, self.end - at))

    def _content(self, offset: int) -> bytes:
        """What follows `offset`; nothing when somebody removed the file."""
        try:
            with self.path.open("rb", buffering=0) as file:
                if self._convert:
                    return self._convert(file.read())[offset:]
                file.seek(offset)
                return file.read()
        except FileNotFoundError:
            return b""

    def _sync(self) -> None:
        os.fsync(self._file)
        if not self.size:
            # A new file is there after a power cut only when its folder was written too.
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
