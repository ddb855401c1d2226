"""One connection's messages on their way into the store: receive, decode, batch, write, acknowledge."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bridge.batch import Batch
from bridge.counters import Counters
from bridge.decode import Decoder, rejection
from perfwatch.errors import PayloadError
from perfwatch.history.store import Numbers
from perfwatch.mqtt.client import Client, Message
from perfwatch.topics import Topics


class Pipeline:
    """Two loops, `receive` and `write`, with one batch gathering while at most `at_once` are written.

    `keep` makes a batch durable; it returns False when it gave up. After that a message is
    acknowledged, in the order in which it came, those without a reading too, as MQTT asks for. What is
    not acknowledged the broker sends again. `reject` is told of each message that cannot be taken.
    """

    def __init__(
        self,
        client: Client,
        topics: Topics,
        keep: Callable[[Batch[Message]], Awaitable[bool]],
        reject: Callable[[bytes], None],
        counters: Counters,
        at_once: int,
    ) -> None:
        self._client = client
        self._intake = Decoder(topics)
        self._keep = keep
        self._reject = reject
        self._counters = counters
        self._at_once = at_once
        self._batch: Batch[Message] = Batch()
        self._started = asyncio.Event()
        self._due = asyncio.Event()
        self._room = asyncio.Event()
        self._finishing = False

    async def receive(self) -> None:
        """Take messages until cancelled. Raises BrokerError when the connection is lost."""
        while True:
            self._take(await self._client.arrived(self._batch.room))
            if self._batch.full:
                self._room.clear()
                self._due.set()
                await self._room.wait()

    async def write(self) -> None:
        """Write batch after batch, until `finish` was called and nothing is left, or `keep` gave up."""
        writing: deque[asyncio.Task[bool]] = deque()
        async with asyncio.TaskGroup() as group:
            while await self._ready():
                before = writing[-1] if writing else None
                writing.append(group.create_task(self._store(self._next(), before)))
                if len(writing) == self._at_once and not await writing.popleft():
                    return

    def _next(self) -> Batch[Message]:
        batch, self._batch = self._batch, Batch()
        self._started.clear()
        self._due.clear()
        self._room.set()
        return batch

    async def _store(self, batch: Batch[Message], before: asyncio.Task[bool] | None) -> bool:
        """Whether that batch and the one before it are kept, and so acknowledged."""
        if not await self._keep(batch) or (before is not None and not await before):
            return False
        self._client.puback(*batch.messages)
        return True

    def finish(self) -> None:
        """Take what has arrived already, and let `write` end when that is stored."""
        self._take(self._client.waiting())
        self._finishing = True
        self._started.set()
        self._due.set()

    def _take(self, messages: list[Message]) -> None:
        now, take = time.time_ns() // 1_000_000, self._intake.take
        found: list[Numbers | None] = []
        for message in messages:
            try:
                found.append(take(message.topic, message.payload, now))
            except PayloadError as error:
                found.append(None)
                self._counters.received += 1
                self._counters.rejected += 1
                self._reject(rejection(error, message.topic, message.payload, now))
        readings = self._batch.add(messages, found, time.monotonic())
        self._counters.received += readings
        self._counters.waiting += readings
        self._started.set()

    async def _ready(self) -> bool:
        """Wait until the batch is full, or old enough; False when there will be none any more."""
        if not self._finishing:
            await self._started.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._batch.left(time.monotonic())):
                    await self._due.wait()
        return bool(self._batch.messages)
