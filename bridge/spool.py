"""Readings that the store could not take yet, on disk: in order, and bounded by size and age."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from bridge.old_spool import convert
from perfwatch.errors import JournalError, StartError
from perfwatch.history.store import Numbers, Point, each_point
from perfwatch.journal.journal import Journal
from perfwatch.journal.record import Record
from perfwatch.settings import variable

# A file is closed when it has so many bytes: space comes back a file at a time.
SEGMENT_BYTES = 4 * 1024 * 1024
# What is taken out at once, unless one batch is larger. Bytes: some thousand readings.
CHUNK_BYTES = 512 * 1024

_log = logging.getLogger(__name__)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Point])


class Depth(NamedTuple):
    """How much waits: readings, bytes on disk, and since when (seconds since 1970; None when nothing)."""

    readings: int
    bytes: int
    since: float | None


class Chunk(NamedTuple):
    """Points in the order in which they were appended, and how many readings they came in.

    `end` is the number of the reading behind them.
    """

    points: list[Point]
    readings: int
    end: int


class Spool:
    """First in, first out: `open`, then `append` …, and `oldest`, `done` … by whoever writes; `close`.

    What `append` has taken survives the end of the process and a power cut. What was taken out is
    forgotten a file at a time, so after a crash some of it is given out again. May be shared by threads.
    `size` is in bytes, `age` in seconds. `expired` counts readings that waited for longer than that.
    """

    def __init__(
        self,
        folder: Path,
        size: int,
        age: float,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.expired = 0
        self._limit = size
        self._wall = wall
        self._lock = threading.Lock()
        user = f"bridge: give each its own {variable('bridge_id')}"
        self._journal = Journal(folder, age, SEGMENT_BYTES, user, (".spool", convert), True, clock, wall)
        self._cursor = 0
        self._given: Chunk | None = None
        self._undecodable = 0

    def open(self) -> None:
        """Find what an earlier run left. Raises StartError when the folder cannot be ours."""
        try:
            self._journal.open()
        except JournalError as exc:
            raise StartError(f"The spool {exc}") from exc

    def close(self) -> None:
        with self._lock:
            self._journal.close()

    def append(self, points: Iterable[Point | Numbers], readings: int) -> None:
        """Keep points, durably, before returning. Raises JournalError when that cannot be."""
        body = _encoder.encode(list(each_point(points)))
        with self._lock:
            if self._journal.size + len(body) > self._limit:
                raise JournalError(
                    f"The spool {self.folder} is full ({variable('spool_size')}={self._limit})"
                )
            self._journal.append(body, readings, round(self._wall() * 1000))

    def oldest(self) -> Chunk | None:
        """What has waited longest, to be followed by `done`; None when nothing waits.

        Raises JournalError when the disk cannot be read.
        """
        with self._lock:
            self.expired += self._journal.trim(self._cursor)
            self._cursor = max(self._cursor, self._journal.first)
            while records := self._journal.read(self._cursor, CHUNK_BYTES):
                self._given = self._chunk(records)
                if self._given.points:
                    return self._given
                self._forget(self._given.end)
            self._forget(self._journal.end)
        return None

    def done(self) -> None:
        """What `oldest` gave out last is stored. Raises JournalError when its file cannot be removed."""
        with self._lock:
            if self._given is not None:
                self._forget(self._given.end)

    @property
    def damaged(self) -> int:
        """Places on the disk that cannot be read."""
        return self._journal.damaged + self._undecodable

    @property
    def empty(self) -> bool:
        return self._cursor >= self._journal.end

    @property
    def depth(self) -> Depth:
        with self._lock:
            since = None if self.empty else self._journal.since_ms / 1000
            return Depth(self._journal.waiting(self._cursor), self._journal.size, since)

    def _chunk(self, records: list[Record]) -> Chunk:
        points, readings = list[Point](), 0
        for record in records:
            try:
                points += _decoder.decode(record.body)
                readings += record.readings
            except msgspec.DecodeError as exc:
                self._undecodable += 1
                _log.error("%s has %d readings that cannot be decoded: %s", self.folder, record.readings, exc)
        return Chunk(points, readings, records[-1].number + records[-1].readings)

    def _forget(self, number: int) -> None:
        self._given = None
        self._cursor = number
        self._journal.forget(number)
