"""Readings that the store could not take yet, on disk: in order, and bounded by size and age."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from bridge.segment import Chunk, Segment, encode
from perfwatch.errors import StartError, StoreError
from perfwatch.history.store import Numbers, Point
from perfwatch.settings import variable

# A file is closed when it has so many bytes: space comes back a file at a time.
SEGMENT_BYTES = 4 * 1024 * 1024


class Depth(NamedTuple):
    """How much waits: readings, bytes on disk, and since when (seconds since 1970; None when nothing)."""

    readings: int
    bytes: int
    since: float | None


class Spool:
    """First in, first out: `open`, then `append` …, and `oldest`, `done` … by whoever writes; `close`.

    What `append` has taken survives the end of the process and a power cut. What was taken out is
    forgotten a file at a time, so after a crash some of it is given out again. May be shared by threads.
    `size` is in bytes, `age` in seconds. `expired` counts readings that waited for longer than that,
    `damaged` places on the disk that cannot be read.
    """

    def __init__(self, folder: Path, size: int, age: float, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.expired = 0
        self.damaged = 0
        self._limit = size
        self._age = age
        self._clock = clock
        self._lock = threading.Lock()
        self._segments: deque[Segment] = deque()
        self._given: Chunk | None = None
        self._number = 0
        self._owned: int | None = None

    def open(self) -> None:
        """Find what an earlier run left. Raises StartError when the folder cannot be ours."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._own()
            for path in sorted(self.folder.glob("*.spool")):
                self._number = int(path.stem)
                self._find(path)
        except (OSError, ValueError) as exc:
            raise StartError(f"The spool {self.folder} cannot be used: {exc}") from exc

    def close(self) -> None:
        with self._lock:
            for segment in self._segments:
                segment.close()
            self._segments.clear()
            if self._owned is not None:
                os.close(self._owned)
                self._owned = None

    def append(self, points: Iterable[Point | Numbers], readings: int) -> None:
        """Keep points, durably, before returning. Raises StoreError when that cannot be."""
        now = self._clock()
        record = encode(points, readings, now)
        with self._lock:
            if self._bytes() + len(record) > self._limit:
                raise StoreError(f"The spool {self.folder} is full ({variable('spool_size')}={self._limit})")
            try:
                self._writable(now).append(record, readings)
            except OSError as exc:
                self._drop_unused()
                raise StoreError(f"The spool {self.folder} cannot be written: {exc.strerror}") from exc

    def oldest(self) -> Chunk | None:
        """What has waited longest, to be followed by `done`; None when nothing waits.

        Raises StoreError when the disk cannot be read.
        """
        with self._lock:
            try:
                while self._segments:
                    self._given = self._segments[0].take(self._clock() - self._age)
                    if self._given.points:
                        return self._given
                    self._forget_given()
            except OSError as exc:
                raise StoreError(f"The spool {self.folder} cannot be read: {exc.strerror}") from exc
        return None

    def done(self) -> None:
        """What `oldest` gave out last is stored. Raises StoreError when its file cannot be removed."""
        with self._lock:
            try:
                self._forget_given()
            except OSError as exc:
                raise StoreError(f"The spool {self.folder} cannot be emptied: {exc.strerror}") from exc

    @property
    def empty(self) -> bool:
        return not self._segments

    @property
    def depth(self) -> Depth:
        with self._lock:
            waiting = sum(segment.readings for segment in self._segments)
            return Depth(waiting, self._bytes(), self._segments[0].time if self._segments else None)

    def _own(self) -> None:
        self._owned = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise StartError(
                f"Another bridge uses the spool {self.folder}: give each its own {variable('bridge_id')}"
            ) from exc

    def _find(self, path: Path) -> None:
        segment, damaged = Segment.found(path)
        self.damaged += damaged
        if segment.readings:
            self._segments.append(segment)
        else:
            path.unlink()

    def _writable(self, now: float) -> Segment:
        """The last segment while there is room in it, or a new one."""
        last = self._segments[-1] if self._segments else None
        if last is not None and last.writable and last.size < SEGMENT_BYTES:
            return last
        path = self.folder / f"{self._number + 1:016d}.spool"
        segment = Segment.create(path, now)
        if last is not None:
            last.close()
        self._number += 1
        self._segments.append(segment)
        self._sync_folder()
        return segment

    def _drop_unused(self) -> None:
        """A file in which nothing could be written is not left behind."""
        if self._segments and not self._segments[-1].size:
            segment = self._segments.pop()
            segment.close()
            segment.path.unlink(missing_ok=True)

    def _forget_given(self) -> None:
        given, self._given = self._given, None
        if given is None:
            return
        segment = self._segments[0]
        self.expired += given.expired
        self.damaged += given.damaged
        segment.readings -= given.readings + given.expired
        segment.offset = given.end
        if segment.offset >= segment.size:
            segment.close()
            segment.path.unlink(missing_ok=True)
            self._segments.popleft()

    def _bytes(self) -> int:
        return sum(segment.size for segment in self._segments)

    def _sync_folder(self) -> None:
        """A new file is there after a power cut only when its folder was written too."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
