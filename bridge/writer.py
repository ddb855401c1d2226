"""Makes readings durable: in the store, or in the spool while the store is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from bridge.batch import Batch
from bridge.counters import Counters
from bridge.partial import Written, write
from bridge.spool import Spool
from perfwatch.backoff import LONGEST, Backoff
from perfwatch.errors import StoreError
from perfwatch.history.store import HistoryStore, Numbers, Point
from perfwatch.mqtt.client import Message

# A store that has not answered for so long is away. Below the ten seconds that a service has to end.
PATIENCE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Writer:
    """`keep` for every batch, while `drain` runs. What the store refuses for good is told to `refused`.

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
        self._turn = asyncio.Semaphore(self.at_once)
        self._filled = asyncio.Event()
        self._now = asyncio.Event()
        self._late: set[asyncio.Task[Written]] = set()
        self._full = False
        self._hurried = False
        self._pause_ends = 0.0
        self.away = False

    async def keep(self, batch: Batch[Message]) -> bool:
        """Return True once the batch is in the store or in the spool; False when `hurry` ended the wait."""
        backoff = Backoff()
        while not (await self._store_batch(batch) or await self._spool_batch(batch)):
            if self._hurried:
                return False
            self._now.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(backoff.next()):
                    await self._now.wait()
        return True

    def hurry(self, hurried: bool) -> None:
        """Whether `keep` is to give up rather than to wait."""
        self._hurried = hurried
        self._now.set()

    async def drain(self) -> None:
        """Write what the spool has, oldest first, for as long as it is let."""
        backoff = Backoff()
        while True:
            if self._spool.empty:
                self._filled.clear()
                await self._filled.wait()
            await asyncio.sleep(self._pause_left())
            try:
                await self._drain_chunk()
                backoff.reset()
            except StoreError as exc:
                self._refused_all(exc)
                await asyncio.sleep(backoff.next())

    async def _drain_chunk(self) -> None:
        chunk = await asyncio.to_thread(self._spool.oldest)
        if chunk is not None:
            written = await self._write(chunk.points)
            self._counters.written += chunk.readings
            self._note(written)
            self._set_back()
            await asyncio.to_thread(self._spool.done)

    async def _store_batch(self, batch: Batch[Message]) -> bool:
        """Whether the batch is in the store now. Not tried while the spool shows that it is away."""
        if batch.taken:
            if self._late or self._pause_left() or (self.away and not self._spool.empty and not self._full):
                return False
            written = await self._write_soon(batch.taken)
            if written is None:
                return False
            self._note(written)
        self._counters.stored(batch)
        return True

    async def _write_soon(self, points: Sequence[Point | Numbers]) -> Written | None:
        """Write, or None when the store refuses or does not answer in time."""
        task = asyncio.create_task(self._write(points))
        try:
            written = await asyncio.wait_for(asyncio.shield(task), PATIENCE_SECONDS)
        except TimeoutError:
            self._late.add(task)
            task.add_done_callback(self._answered)
            self._set_away(f"The history has not answered for {PATIENCE_SECONDS:.0f} s")
            return None
        except StoreError as exc:
            self._refused_all(exc)
            return None
        if self._spool.empty:
            self._set_back()
        return written

    def _answered(self, task: asyncio.Task[Written]) -> None:
        """What came too late was spooled meanwhile; the same point written twice is one point."""
        self._late.discard(task)
        if not task.cancelled():
            task.exception()

    async def _write(self, points: Sequence[Point | Numbers]) -> Written:
        # In a thread, so that pings go on however long the disk takes.
        async with self._turn:
            return await asyncio.to_thread(write, self._store, points)

    async def _spool_batch(self, batch: Batch[Message]) -> bool:
        try:
            await asyncio.to_thread(self._spool.append, batch.taken, batch.readings)
        except StoreError as exc:
            if not self._full:
                _log.error("%s; nothing is acknowledged until there is room", exc)
            self._full = True
            return False
        if self._full:
            _log.info("the spool can be written again")
        self._full = False
        self._counters.waiting -= batch.readings
        self._filled.set()
        return True

    def _note(self, written: Written) -> None:
        self._counters.points += written.numbers
        self._counters.refused += len(written.refused)
        for reason in written.refused:
            self._refused(reason)

    def _refused_all(self, error: StoreError) -> None:
        self._pause_ends = time.monotonic() + min(error.pause, LONGEST)
        self._set_away(str(error))

    def _pause_left(self) -> float:
        """Seconds for which the store asked to be left alone."""
        return max(0.0, self._pause_ends - time.monotonic())

    def _set_away(self, reason: str) -> None:
        if not self.away:
            _log.error("%s; readings wait in %s until it can be written again", reason, self._spool.folder)
        self.away = True

    def _set_back(self) -> None:
        if self.away:
            _log.info("the history can be written again")
        self.away = False
