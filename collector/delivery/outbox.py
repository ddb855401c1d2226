"""Readings that the broker has not acknowledged, on disk, bounded by age and size.

A reading is in the journal before anyone can take it out to be sent, so a kill loses none. What is sent
at once is taken from memory, what waited is read from the disk. Nothing is written when a reading is
acknowledged: each record says how far things were when it was appended.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from collector.delivery.acknowledged import Acknowledged, Mark
from collector.delivery.reading import KeptReading, convert
from collector.delivery.recovery import Recovery
from perfwatch.errors import JournalError
from perfwatch.journal.journal import Journal
from perfwatch.journal.record import Record

log = logging.getLogger(__name__)

DAY = 86400.0
MEGABYTE = 1_000_000
# Without a disk, the whole collector still stays under 40 MB.
MEMORY_BYTES = 6 * MEGABYTE
# What a reading takes in memory beside its payload.
_OBJECT_BYTES = 300
# What is on disk and about to be sent.
_AHEAD_BYTES = 64 * 1024
_SEGMENT_BYTES = 1_048_576
_RETRY_SECONDS = 10.0
# Who cannot read yet what the last run left begins here, so that all of that gets lower numbers.
_FAR = 1 << 40


class Letter(NamedTuple):
    """A reading to be sent. `newest` is whether nothing newer is known on its topic."""

    number: int
    topic: str
    payload: bytes
    newest: bool


class _Kept(NamedTuple):
    """In memory: what came at `time_ms` since 1970, or `moment` on the monotonic clock."""

    reading: KeptReading
    time_ms: int
    moment: float


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
        self._age = age
        self._limit = size
        self._clock = clock
        self._wall = wall
        self._lock = threading.Lock()  # filled by the loop, emptied by the network's thread too
        self._journal: Journal | None = None
        if folder is not None:
            block, user = min(_SEGMENT_BYTES, size // 8), "collector of this host"
            self._journal = Journal(folder, age, block, user, (".seg", convert), False, clock, wall)
        self._retry_at: dict[str, float] = {}  # what the disk does not do, and when it is tried again
        self._memory: deque[_Kept] = deque()  # the last ones
        self._memory_bytes = 0
        self._saved = _FAR  # all before this number are in the journal
        self._cursor = _FAR  # the number that is taken next
        self._next = _FAR  # the number that is added next
        self._ahead: deque[Record] = deque()  # read from the journal, to be taken next
        self._flying: dict[int, None] = {}
        self._resend = resend
        self._acknowledged = Acknowledged(resend, Mark(clock(), 0))
        self._newest: dict[str, int] = {}
        self._dropped = 0

    def open(self) -> None:
        """Find what the last run left. What cannot be read is said, and stops nothing."""
        with self._lock:
            self._save()
            if self._journal and (waiting := self._waiting()):
                log.info("%d readings of the last run wait in %s", waiting, self._journal.folder)

    def __len__(self) -> int:
        """How many are not acknowledged."""
        with self._lock:
            return self._waiting()

    @property
    def empty(self) -> bool:
        """Whether nothing can be taken just now."""
        return self._cursor >= self._next or (self._waits("read") and self._cursor < self._remembered)

    @property
    def durable(self) -> bool:
        """Whether what waits outlives this process."""
        return self._saved >= self._next

    def add(self, topic: str, payload: bytes) -> bool:
        """Put it last. Returns True when this made it drop something for the first time."""
        with self._lock:
            reading = KeptReading(topic, payload, self._behind())
            self._memory.append(_Kept(reading, round(self._wall() * 1000), self._clock()))
            self._memory_bytes += _OBJECT_BYTES + len(payload)
            self._newest[topic] = self._next
            self._next += 1
            dropped_before = self._dropped
            self._save()
            while self._memory and self._spare():
                self._forget_in_memory()
            return self._dropped > dropped_before == 0

    def take(self) -> Letter | None:
        """The oldest that was not taken yet. It stays here until `done`."""
        with self._lock:
            while not self.empty:
                if self._cursor >= self._remembered:
                    return self._letter(self._memory[self._cursor - self._remembered].reading)
                if (record := self._on_disk()) is not None:
                    self._cursor = record.number
                    return self._letter(KeptReading.of(record))
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
        """How many were dropped, or lost to a damaged disk, since the last call."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
            if self._journal:
                dropped, self._journal.lost = dropped + self._journal.lost, 0
            return dropped

    def close(self) -> None:
        """Note how far things were, and leave the folder to the next run."""
        with self._lock:
            if self._journal is None:
                return
            if self._journal.size:
                note = KeptReading("", b"", self._behind())
                try:
                    self._journal.append(note.pack(), 0, round(self._wall() * 1000))
                except JournalError as exc:
                    self._failed("written", exc)
            self._journal.close()

    @property
    def _remembered(self) -> int:
        """The number of the oldest that is in memory."""
        return self._next - len(self._memory)

    def _waiting(self) -> int:
        low = self._low()
        on_disk = self._journal.waiting(low) if self._journal else 0
        return on_disk + self._next - max(low, self._saved)

    def _low(self) -> int:
        """All before this number are acknowledged."""
        return min(next(iter(self._flying), self._cursor), self._cursor)

    def _behind(self) -> int:
        """How many before the next are not acknowledged; too many at most, never too few."""
        return min(self._next - self._low(), 2**32 - 1)

    def _letter(self, reading: KeptReading) -> Letter:
        number = self._cursor
        self._flying[number] = None
        self._cursor += 1
        newest = self._newest.get(reading.topic) == number
        return Letter(number, reading.topic, reading.payload, newest)

    def _on_disk(self) -> Record | None:
        """The next one of those that are no longer in memory; without one, go on to those that are."""
        while self._ahead and self._ahead[0].number < self._cursor:
            self._ahead.popleft()
        if not self._ahead and self._journal:
            try:
                self._ahead.extend(self._journal.read(self._cursor, _AHEAD_BYTES))
            except JournalError as exc:
                self._failed("read", exc)
                return None
            self._works("read")
        if not self._ahead or self._ahead[0].number >= self._remembered:
            self._cursor = self._remembered
            return None
        return self._ahead.popleft()

    def _move(self, number: int) -> None:
        self._flying.clear()
        self._ahead.clear()
        oldest = self._journal.first if self._journal and self._journal.size else self._remembered
        self._cursor = max(number, oldest)

    def _save(self) -> None:
        """Bring to disk what is in memory only, and let go of what is acknowledged for good or too much."""
        if self._journal is None or self._waits("written"):
            return
        try:
            if not self._journal.opened:
                self._take_over(self._journal)
            while self._saved < self._next:
                kept = self._memory[self._saved - self._remembered]
                self._journal.skip_to(self._saved)
                self._journal.append(kept.reading.pack(), 1, kept.time_ms)
                self._saved += 1
            self._journal.forget(self._acknowledged.safe)
            if dropped := self._journal.trim(self._low(), self._limit):
                self._dropped += dropped
                self._pass_by(self._journal.first)
        except JournalError as exc:
            self._failed("written", exc)
        else:
            self._works("written")

    def _take_over(self, journal: Journal) -> None:
        """Give the numbers before ours to what the last run left."""
        last_run = Recovery(self._resend)
        journal.open(last_run.learn)
        if self._next == _FAR:
            self._next = self._saved = journal.end
        self._newest = last_run.newest | self._newest
        self._acknowledged = last_run.acknowledged
        self._acknowledged.change_clock(last_run.time, self._clock())
        self._move(last_run.low)

    def _spare(self) -> bool:
        """Whether the oldest in memory is on disk and not about to be sent, or must go."""
        if self._remembered < self._saved:
            return self._remembered < self._cursor or self._memory_bytes > _AHEAD_BYTES
        return (
            self._remembered < self._acknowledged.safe
            or self._clock() - self._memory[0].moment > self._age
            or (len(self._memory) > 1 and self._memory_bytes > min(MEMORY_BYTES, self._limit))
        )

    def _forget_in_memory(self) -> None:
        number = self._remembered
        self._memory_bytes -= _OBJECT_BYTES + len(self._memory.popleft().reading.payload)
        if number >= self._saved:
            self._dropped += number >= self._low()
            self._saved = number + 1

    def _pass_by(self, number: int) -> None:
        """What comes before that number is gone."""
        for gone in [flying for flying in self._flying if flying < number]:
            del self._flying[gone]
        self._cursor = max(self._cursor, number)

    def _waits(self, deed: str) -> bool:
        """Whether it is too early to try that again."""
        return self._clock() < self._retry_at.get(deed, 0.0)

    def _failed(self, deed: str, error: JournalError) -> None:
        if deed not in self._retry_at:
            size = MEMORY_BYTES // MEGABYTE
            log.warning("%s. Readings wait until it can, the newest %d MB of them in memory", error, size)
        self._retry_at[deed] = self._clock() + _RETRY_SECONDS

    def _works(self, deed: str) -> None:
        if self._retry_at.pop(deed, None) is not None:
            log.info("The outbox can be %s again", deed)
