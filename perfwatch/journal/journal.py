"""Readings on disk, in order: appended at the end, read from anywhere, let go of at the beginning."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from perfwatch.errors import JournalError
from perfwatch.journal.record import Record
from perfwatch.journal.segment import Convert, Gap, Segment
from perfwatch.lock import lock

# What is read at once, unless one record is larger. Bytes: some hundred readings.
BLOCK_BYTES = 512 * 1024

log = logging.getLogger(__name__)


class Journal:
    """`open`, then `append` …, `read` from a number on, and `forget` or `trim`; `close`. Not for two threads.

    Readings are numbered from 0 by each run. Space comes back a file at a time: of `segment_bytes` or of
    a 24th of `age` (seconds), whichever is reached first. With `sync`, what `append` has taken survives a
    power cut. `user` is who else may hold the folder. `old` is the suffix of an earlier version's files, and
    what makes records of ours out of one: they are read where they are, before ours, and go like ours.

    The disk's errors are raised as JournalError, and cost nothing that is kept. Damage costs what is
    damaged: `damaged` counts the places, `lost` the readings.
    """

    def __init__(
        self,
        folder: Path,
        age: float,
        segment_bytes: int,
        user: str,
        old: tuple[str, Convert],
        sync: bool = False,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.end = 0  # the number of the next reading
        self.damaged = 0
        self.lost = 0
        self._age = age
        self._segment_bytes = segment_bytes
        self._user = user
        self._old = old
        self._sync = sync
        self._clock = clock
        self._wall = wall
        self._held: IO[str] | None = None
        self._name = 0
        self._segments: deque[Segment] = deque()
        self._writing: Segment | None = None
        self._gaps: dict[int, int] = {}

    def open(self, learn: Callable[[Record], None] = lambda _: None) -> None:
        """Take over what an earlier run left; `learn` gets each record. After an error, try again."""
        with self._disk("used"):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            held = lock(self.folder / "lock")
            try:
                self._recover(learn)
            except OSError:
                held.close()
                raise
            self._held = held

    def close(self) -> None:
        self._end_segment()
        if self._held is not None:
            self._held.close()
            self._held = None

    @property
    def opened(self) -> bool:
        return self._held is not None

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(segment.size for segment in self._segments)

    @property
    def first(self) -> int:
        """The number of the oldest reading."""
        return self._segments[0].first if self._segments else self.end

    @property
    def since_ms(self) -> int:
        """The time of the oldest file's first reading, in ms since 1970; 0 when there is none."""
        return self._segments[0].since_ms if self._segments else 0

    def waiting(self, number: int) -> int:
        """How many there are from `number` on."""
        missing = sum(min(size, at + size - number) for at, size in self._gaps.items() if at + size > number)
        return max(0, self.end - number) - missing

    def append(self, body: bytes, count: int, time_ms: int) -> None:
        """Keep `count` readings that came at `time_ms` since 1970: all of them or, with an error, none."""
        now = self._clock()
        try:
            segment = self._writable(now)
            segment.append(body, count, time_ms, now, self._sync)
        except OSError as exc:
            if self._writing is not None:
                self._writing.abandon()
                self._writing = None
            raise self._error("written", exc) from exc
        self.end = segment.end
        if not self._segments or self._segments[-1] is not segment:
            self._segments.append(segment)
            self._name += 1

    def skip_to(self, number: int) -> None:
        """Let the next reading have that number; those before it that were not appended never will be."""
        if number > self.end:
            self._gaps[self.end] = number - self.end
            self.end = number
            self._end_segment()

    def read(self, number: int, limit: int = BLOCK_BYTES) -> list[Record]:
        """Records from `number` on, about `limit` bytes of them; none when nothing is left."""
        for segment in self._segments:
            if segment.end > number:
                with self._disk("read"):
                    records, gaps = segment.read(number, limit)
                self._note(segment, gaps)
                if records:
                    return records
        return []

    def forget(self, number: int) -> None:
        """Readings before that number are needed no more."""
        while self._segments and self._segments[0].end <= number:
            self._remove_first()

    def trim(self, cursor: int, limit: int | None = None) -> int:
        """Drop what is too old, and the oldest while there are more than `limit` bytes.

        Returns how many readings from `cursor` on went.
        """
        dropped = 0
        while self._too_old() or (limit is not None and len(self._segments) > 1 and self.size > limit):
            dropped += self.waiting(cursor) - self.waiting(max(cursor, self._segments[0].end))
            self._remove_first()
            cursor = max(cursor, self.first)
        return dropped

    def _too_old(self) -> bool:
        return bool(self._segments) and self._clock() - self._segments[0].touched > self._age

    def _remove_first(self) -> None:
        segment = self._segments[0]
        with self._disk("emptied"):
            segment.remove()
        self._segments.popleft()
        if segment is self._writing:
            self._writing = None
        self._gaps = {at: size for at, size in self._gaps.items() if at >= segment.end}

    def _writable(self, now: float) -> Segment:
        """The last file while there is room in it, or a new one."""
        last = self._writing
        if last and last.size < self._segment_bytes and now - last.born < self._age / 24:
            return last
        self._end_segment()
        self._writing = Segment(self.folder / f"{self._name + 1:012d}.journal", self.end, now)
        return self._writing

    def _end_segment(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def _recover(self, learn: Callable[[Record], None]) -> None:
        found, end, wall = list[tuple[Segment, list[Gap]]](), 0, self._wall()
        for path, convert in self._files():
            segment = Segment(path, end, self._clock(), convert)
            records, gaps = segment.recover(wall)
            found.append((segment, gaps))
            end = segment.end
            for record in records:
                learn(record)
        for segment, _ in found:
            if segment.end == segment.first:
                segment.remove()
        self._segments = deque(segment for segment, _ in found if segment.end > segment.first)
        self.end = end
        for segment, gaps in found:
            self._note(segment, gaps)

    def _files(self) -> Iterator[tuple[Path, Convert | None]]:
        """What is there, oldest first."""
        for suffix, convert in (self._old, (".journal", None)):
            paths = [path for path in self.folder.glob(f"*{suffix}") if path.stem.isdecimal()]
            for path in sorted(paths, key=lambda path: int(path.stem)):
                self._name = int(path.stem)
                yield path, convert

    def _note(self, segment: Segment, gaps: list[Gap]) -> None:
        """Count damage, and say it, when it is met for the first time."""
        new = {at: size for at, size in gaps if at not in self._gaps}
        if new:
            self._gaps |= new
            self.damaged += len(new)
            self.lost += (lost := sum(new.values()))
            text = "%s has %d damaged places: %d readings are known to be lost, the rest is kept"
            log.error(text, segment.path, len(new), lost)

    @contextmanager
    def _disk(self, deed: str) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise self._error(deed, exc) from exc

    def _error(self, deed: str, error: OSError) -> JournalError:
        if isinstance(error, BlockingIOError):
            return JournalError(f"{self.folder} is in use by another {self._user}")
        return JournalError(f"{self.folder} cannot be {deed}: {error.strerror}")
