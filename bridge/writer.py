"""Makes readings durable: in the store, or in the spool while the store is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple, TypeVar

from bridge.batch import Batch
from bridge.counters import Counters
from bridge.spool import Spool
from bridge.standing import Standing
from perfwatch.backoff import LONGEST, Backoff
from perfwatch.errors import BadPoints, PartialWrite, StoreError
from perfwatch.history.store import HistoryStore, Numbers, Point, count, each_point
from perfwatch.mqtt.client import Message
from perfwatch.workers import Workers

# A store that has not answered for so long is away. Below the eight seconds that a service has to end.
PATIENCE_SECONDS = 4.0

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Written(NamedTuple):
    """How many numbers are in the store, and a sentence for each point that it refused for good."""

    numbers: int
    refused: list[str]


class Writer:
    """`keep` for every batch, while it is `running`. What the store refuses for good is told to `refused`.

    While the store is well, batches go straight to it, and in between what waits in the spool follows
    in order. While it is away they go to the spool, and only the oldest is tried. A store that asks
    for a pause gets it, up to the longest wait between two tries.
    """

    def __init__(
        self, store: HistoryStore, spool: Spool, counters: Counters, refused: Callable[[str], None]
    ) -> None:
        self._store = store
        self._spool = spool
        self._counters = counters
        self._refused = refused
        self.at_once = store.writes_at_once
        # In threads, so that pings go on however long the disk takes.
        self._writing = Workers("history", self.at_once)
        self._spooling = Workers("spool", 1)
        self._standing = Standing()
        self._filled = asyncio.Event()
        self._now = asyncio.Event()
        self._answered = asyncio.Event()
        self._answered.set()
        self._unread = ""
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def away(self) -> bool:
        return self._standing.away

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write what the spool has, oldest first, while the block runs. What nobody foresaw ends the block.

        Raises StartError when the spool cannot be used.
        """
        await self._spooling.run(self._spool.open)
        try:
            async with asyncio.TaskGroup() as self._group:
                self._start(self._drain())
                yield
                for task in self._under_way:
                    task.cancel()
        finally:
            self._writing.close()
            self._spooling.close()
            self._spool.close()

    async def once_the_disk_answers(self, look: Callable[[], T]) -> T:
        """What `look` sees in the spool. While its disk hangs, that holds up nothing else."""
        return await self._spooling.run(look)

    async def keep(self, batch: Batch[Message]) -> bool:
        """Return True once the batch is in the store or in the spool; False when `hurry` ended the wait."""
        backoff = Backoff()
        while not (await self._store_batch(batch) or await self._spool_batch(batch)):
            if self._standing.hurried:
                return False
            self._now.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(backoff.next()):
                    await self._now.wait()
        return True

    def hurry(self, hurried: bool) -> None:
        """Whether `keep` is to give up rather than to wait."""
        self._standing.hurried = hurried
        self._now.set()

    async def _drain(self) -> None:
        backoff = Backoff()
        while True:
            if self._spool.empty:
                self._filled.clear()
                await self._filled.wait()
            await self._answered.wait()
            await asyncio.sleep(self._standing.pause(time.monotonic()))
            if await self._drain_chunk():
                backoff.reset()
            else:
                await asyncio.sleep(backoff.next())

    async def _drain_chunk(self) -> bool:
        """Whether the oldest part of the spool is in the store now."""
        try:
            chunk = await self._spooling.run(self._spool.oldest)
            if chunk is not None:
                written = await self._write(chunk.points)
                if written is None:
                    return False
                self._counters.written += chunk.readings
                self._note(written)
                self._wrote()
                await self._spooling.run(self._spool.done)
        except StoreError as exc:
            if str(exc) != self._unread:
                _log.error("%s; the bridge keeps trying", exc)
            self._unread = str(exc)
            return False
        self._unread = ""
        return True

    async def _store_batch(self, batch: Batch[Message]) -> bool:
        """Whether the batch is in the store now. Not tried when that would be of no use."""
        if batch.taken:
            if not self._standing.takes(time.monotonic(), not self._spool.empty):
                return False
            written = await self._write(batch.taken)
            if written is None:
                return False
            self._note(written)
            if self._spool.empty:
                self._wrote()
        self._counters.stored(batch)
        return True

    async def _spool_batch(self, batch: Batch[Message]) -> bool:
        try:
            await self._spooling.run(self._spool.append, batch.taken, batch.readings)
        except StoreError as exc:
            if self._standing.overflowed():
                _log.error("%s; nothing is acknowledged until there is room", exc)
            return False
        if self._standing.spooled():
            _log.info("the spool can be written again")
        self._filled.set()
        return True

    async def _write(self, points: Sequence[Point | Numbers]) -> Written | None:
        """Write, or None when the store refuses or does not answer in time.

        What is answered too late was spooled meanwhile; the same point written twice is one point.
        """
        task = self._start(self._outcome(points))
        if not (await asyncio.wait({task}, timeout=PATIENCE_SECONDS))[0]:
            self._answered.clear()
            task.add_done_callback(self._answered_late)
            self._away(self._standing.gave_up(), f"The history has not answered for {PATIENCE_SECONDS:.0f} s")
            return None
        outcome = task.result()
        if isinstance(outcome, StoreError):
            news = self._standing.refused(time.monotonic(), min(outcome.pause, LONGEST))
            self._away(news, str(outcome))
            return None
        return outcome

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = self._group.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _outcome(self, points: Sequence[Point | Numbers]) -> Written | StoreError:
        try:
            return await self._writing.run(write, self._store, points)
        except StoreError as exc:
            return exc

    def _answered_late(self, _task: asyncio.Task[Written | StoreError]) -> None:
        self._standing.answered()
        if not self._standing.late:
            self._answered.set()

    def _note(self, written: Written) -> None:
        self._counters.points += written.numbers
        self._counters.refused += len(written.refused)
        for reason in written.refused:
            self._refused(reason)

    def _away(self, news: bool, reason: str) -> None:
        if news:
            _log.error("%s; readings wait in %s until it can be written again", reason, self._spool.folder)

    def _wrote(self) -> None:
        if self._standing.wrote():
            _log.info("the history can be written again")


def write(store: HistoryStore, points: Sequence[Point | Numbers]) -> Written:
    """Write `points`, all but those that the store refuses. Raises StoreError when it is away.

    A store that refuses a whole batch is asked with halves of it, down to the bad point.
    """
    try:
        return Written(store.write(points), [])
    except PartialWrite as exc:
        return Written(max(0, count(points) - len(exc.refused)), exc.refused)
    except BadPoints as exc:
        singly = list(each_point(points))
        if len(singly) < 2:
            return Written(0, [f"{point.label}: {exc}" for point in singly])
        half = len(singly) // 2
        first, second = write(store, singly[:half]), write(store, singly[half:])
        return Written(first.numbers + second.numbers, first.refused + second.refused)
