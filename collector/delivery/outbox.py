"""Readings that the broker has not acknowledged, on disk, bounded by age and size.

Append-only files of up to 1 MiB. A reading is in the file before anyone can take it out to be sent,
so a kill loses none; a file goes when all of it was acknowledged some time ago. Nothing is written
when a reading is acknowledged: each record says how far things were when it was appended.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from collector.delivery.acknowledged import Acknowledged, Mark
from collector.delivery.recovery import Recovery
from collector.delivery.segment import Record, Segment

log = logging.getLogger(__name__)

DAY = 86400.0
MEGABYTE = 1_000_000
# Without a disk, the whole collector still stays under 40 MB.
MEMORY_BYTES = 6 * MEGABYTE
_SEGMENT_BYTES = 1_048_576
_RETRY_SECONDS = 10.0


class Letter(NamedTuple):
    """A reading to be sent. `newest` is whether nothing newer is known on its topic."""

    number: int
    topic: str
    payload: bytes
    newest: bool


class Outbox:
    """First in, first out: `open`, then `add` …, and `take`, `done` … by whoever sends; `close`.

    `resend` is how long, in seconds, the broker may take to save what it acknowledged: that much is
    sent again after it may have been killed. `age` is in seconds, `size` in bytes. Without a folder,
    and while it cannot be written, readings wait in memory.
    """

    def __init__(
        self,
        folder: Path | None = None,
        age: float = DAY,
        size: int = 200 * MEGABYTE,
        resend: float = 75.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._age = age
        self._limit = size
        self._clock = clock
        self._wall = wall
        self._segment_bytes = min(_SEGMENT_BYTES, size // 8)
        self._lock = threading.Lock()  # filled by the loop, emptied by the network's thread too
        self._claim: IO[bytes] | None = None
        self._failing = False
        self._retry_at = 0.0
        self._names = 0
        self._segments: list[Segment] = []
        self._current: Segment | None = None
        self._reading: Segment | None = None
        self._offset = 0
        self._cursor = 0  # the number that is taken next
        self._next = 0  # the number that is added next
        self._flying: dict[int, None] = {}
        self._acknowledged = Acknowledged(resend, Mark(clock(), 0))
        self._newest: dict[str, int] = {}
        self._dropped = 0

    def open(self) -> None:
        """Find what the last run left. What cannot be read is said, and stops nothing."""
        with self._lock:
            if self._folder is None:
                return
            try:
                self._claim_folder(self._folder)
            except OSError as exc:
                self._fail(exc)
            if waiting := self._next - self._low():
                log.info("%d readings of the last run wait in %s", waiting, self._folder)

    def __len__(self) -> int:
        """How many are not acknowledged."""
        return self._next - self._low()

    @property
    def empty(self) -> bool:
        """Whether nothing is left to take."""
        return self._cursor >= self._next

    @property
    def durable(self) -> bool:
        """Whether what waits outlives this process."""
        return all(segment.path for segment in self._segments)

    def add(self, topic: str, payload: bytes) -> bool:
        """Put it last. Returns True when this made it drop something for the first time."""
        with self._lock:
            now = self._clock()
            self._append(Record(topic, payload, self._next - self._low(), round(self._wall() * 1000)), now)
            self._newest[topic] = self._next
            self._next += 1
            dropped_before = self._dropped
            self._trim(now)
            return self._dropped > dropped_before == 0

    def take(self) -> Letter | None:
        """The oldest that was not taken yet. It stays here until `done`."""
        with self._lock:
            while (segment := self._at_cursor()) is not None:
                try:
                    record = segment.read(self._offset)
                except OSError as exc:
                    self._fail(exc)
                    record = None
                if record is None:
                    self._give_up(segment)
                    continue
                self._offset += record.size
                if record.topic:
                    return self._letter(record)
            return None

    def done(self, number: int) -> None:
        """The broker acknowledged it."""
        with self._lock:
            if number not in self._flying:
                return
            del self._flying[number]
            self._acknowledged.note(Mark(self._clock(), self._low()))

    def rewind(self, *, lossy: bool) -> None:
        """What was taken and is not done is taken again; also, if `lossy`, what was done of late.

        Of late is counted back from the last acknowledgement: the broker may be gone for long.
        """
        with self._lock:
            self._move(self._acknowledged.doubt() if lossy else self._low())

    def forget_dropped(self) -> int:
        """How many were dropped since the last call."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def close(self) -> None:
        """Note how far things were, and leave the folder to the next run."""
        with self._lock:
            current = self._current
            if current is not None and current.path is not None:
                note = Record("", b"", self._next - self._low(), round(self._wall() * 1000))
                try:
                    current.append(note, self._clock())
                except OSError as exc:
                    self._fail(exc)
            for segment in self._segments:
                segment.close()
            if self._claim is not None:
                self._claim.close()
                self._claim = None

    def _low(self) -> int:
        """All before this number are acknowledged."""
        return min(next(iter(self._flying), self._cursor), self._cursor)

    def _letter(self, record: Record) -> Letter:
        number = self._cursor
        self._flying[number] = None
        self._cursor += 1
        return Letter(number, record.topic, record.payload, self._newest.get(record.topic) == number)

    def _at_cursor(self) -> Segment | None:
        """The segment that holds the next one to take; None when nothing is left."""
        reading = self._reading
        if reading is None or self._cursor >= reading.end:
            if reading is not None and reading is not self._current:
                reading.close()
            self._reading = next((each for each in self._segments if each.end > self._cursor), None)
            if self._reading is not None:
                self._offset, self._cursor = self._place(self._reading, self._cursor)
        return self._reading

    def _place(self, segment: Segment, number: int) -> tuple[int, int]:
        """Where in the segment that number begins, and the number that really begins there."""
        at, offset = segment.first, 0
        while at < number and (record := segment.read(offset)):
            at += bool(record.topic)
            offset += record.size
        return offset, at

    def _move(self, number: int) -> None:
        self._flying.clear()
        self._cursor = max(number, self._segments[0].first) if self._segments else self._next
        if self._reading is not None and self._reading is not self._current:
            self._reading.close()
        self._reading = None

    def _give_up(self, segment: Segment) -> None:
        """The rest of a damaged segment."""
        lost = segment.end - self._cursor
        log.warning("%s is damaged: %d readings in it are lost", segment.path or "The outbox", lost)
        self._dropped += lost
        self._cursor = segment.end
        self._reading = None
        if segment is self._current:
            self._current = None

    def _append(self, record: Record, now: float) -> None:
        segment = self._writable(now)
        try:
            segment.append(record, now)
        except OSError as exc:
            self._fail(exc)
            if not segment.count:
                self._drop(segment)
            self._begin(None, now).append(record, now)
        else:
            if segment.path is not None and self._failing:
                self._failing = False
                log.info("Readings are kept on disk in %s again", self._folder)

    def _writable(self, now: float) -> Segment:
        """The segment to append to: the current one until it is full, or until there is a disk again."""
        current = self._current
        full = (
            current is None
            or current.size >= self._segment_bytes
            # A segment goes as a whole, so it must not span much of the time that is kept.
            or now - current.born >= self._age / 24
        )
        waits = current is not None and current.path is None
        if self._folder is not None and now >= self._retry_at and (full or waits):
            try:
                return self._begin_on_disk(self._folder, now)
            except OSError as exc:
                self._fail(exc)
        return self._begin(None, now) if full or current is None else current

    def _begin_on_disk(self, folder: Path, now: float) -> Segment:
        if self._claim is None:
            self._claim_folder(folder)
        for segment in self._segments:
            if segment.path is None:
                segment.save(self._name(folder))
        return self._begin(self._name(folder), now)

    def _begin(self, path: Path | None, now: float) -> Segment:
        segment = Segment(self._next, path, now)
        if self._current is not None and self._current is not self._reading:
            self._current.close()
        self._segments.append(segment)
        self._current = segment
        return segment

    def _name(self, folder: Path) -> Path:
        self._names += 1
        return folder / f"{self._names:012d}.seg"

    def _claim_folder(self, folder: Path) -> None:
        """Keep other collectors out, and take over what is there."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        claim = (folder / "lock").open("ab")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            last_run = Recovery(folder)
        except BlockingIOError as exc:
            claim.close()
            raise OSError(exc.errno, "another collector of this host uses it") from exc
        except OSError:
            claim.close()
            raise
        self._claim = claim
        self._take_over(last_run)

    def _take_over(self, last_run: Recovery) -> None:
        """Give the numbers before ours to what the last run left."""
        first = min([self._next, *(segment.first for segment in self._segments)])
        self._names = max(self._names, last_run.names)
        if not last_run.segments:
            return
        now = self._clock()
        last_run.number(first, now, round(self._wall() * 1000))
        self._segments[:0] = last_run.segments
        self._newest = last_run.newest | self._newest
        self._acknowledged.recall(last_run.marks, now)
        self._move(last_run.low)

    def _trim(self, now: float) -> None:
        """Let go of what is acknowledged for good, then of what is too old or too much."""
        safe = self._acknowledged.safe
        while self._droppable() and self._segments[0].end <= safe:
            self._drop(self._segments[0])
        while self._droppable() and (
            now - self._segments[0].touched > self._age
            or sum(segment.size for segment in self._segments) > self._limit
        ):
            self._drop(self._segments[0])
        memory = [segment for segment in self._segments if segment.path is None]
        if len(memory) > 1 and sum(segment.size for segment in memory) > MEMORY_BYTES:
            self._drop(memory[0])

    def _droppable(self) -> bool:
        return bool(self._segments) and self._segments[0] is not self._current

    def _drop(self, segment: Segment) -> None:
        self._dropped += max(0, segment.end - max(self._low(), segment.first))
        self._segments.remove(segment)
        for number in range(segment.first, segment.end) if self._flying else ():
            self._flying.pop(number, None)
        if segment.first <= self._cursor < segment.end:
            self._cursor = segment.end
        if self._reading is segment:
            self._reading = None
        try:
            segment.remove()
        except OSError as exc:
            self._fail(exc)

    def _fail(self, error: OSError) -> None:
        self._retry_at = self._clock() + _RETRY_SECONDS
        if not self._failing:
            self._failing = True
            log.warning(
                "Readings cannot be kept on disk in %s (%s): the newest %d MB wait in memory until they can",
                self._folder,
                error.strerror,
                MEMORY_BYTES // MEGABYTE,
            )
