"""A writer by itself, and batches of one reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bridge.batch import Batch
from bridge.counters import Counters
from bridge.spool import Spool
from bridge.writer import Writer
from perfwatch.backoff import Backoff
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Layout, Numbers, Part
from perfwatch.mqtt.client import Message
from tests.bridge.faulty import Faulty
from tests.bridge.publisher import START_MS


class Two(Faulty):
    """One that takes two writes side by side."""

    writes_at_once = 2


class Impatient(Backoff):
    """Waits next to nothing, and notes how long it would have waited."""

    waits: list[float]

    def next(self) -> float:
        self.waits.append(self._longest)
        super().next()
        return 0.001


LAYOUT = Layout("cpu", "nas", (Part("", "", ("user",)),))


def reading(number: int) -> Batch[Message]:
    """A batch of the one reading of that number."""
    return Batch([], [Numbers(LAYOUT, START_MS + number * 1000, [float(number)])], 1)


@asynccontextmanager
async def writing(
    store: SqliteStore, spool_size: int = 10**9, age: float = 10**9, refused: Callable[[str], None] = print
) -> AsyncIterator[Writer]:
    """A writer by itself. Its spool is beside the store."""
    spool = Spool(store.path.with_name("spool"), spool_size, age)
    writer = Writer(store, spool, Counters(), refused)
    async with asyncio.timeout(60), writer.running():
        yield writer
