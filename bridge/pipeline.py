"""One connection's messages on their way into the store: receive, decode, batch, write, acknowledge."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection

from bridge.batch import MESSAGES, Batch
from bridge.counters import Counters
from bridge.decode import Decoder, rejection
from perfwatch.errors import PayloadError
from perfwatch.history.store import Numbers
from perfwatch.mqtt.client import Client, Message

# When no more comes for so long, those few hosts have told all for now.
QUIET_SECONDS = 0.5

# What comes so soon in place of what was acknowledged had waited in the broker.
REFILL_SECONDS = 0.02


class Pipeline:
    """Batches of what arrives within `wait` seconds, or until no more comes.

    At most `at_once` are written while one more is ready. `keep` makes a batch durable; it returns False when
    it gave up. After that a message is acknowledged, in the order in which it came, those without a reading
    too, as MQTT asks for. What is not acknowledged the broker sends again. `reject` is told of each message
    that cannot be taken.
    The batches are kept in tasks of `group`.
    """

    def __init__(
        self,
        client: Client,
        decoder: Decoder,
        keep: Callable[[Batch[Message]], Awaitable[bool]],
        reject: Callable[[bytes], None],
        counters: Counters,
        group: asyncio.TaskGroup,
        *,
        at_once: int,
        wait: float,
    ) -> None:
        self._client = client
        self._decoder = decoder
        self._keep = keep
        self._reject = reject
        self._counters = counters
        self._group = group
        self._wait = wait
        self._ready = asyncio.Semaphore(at_once + 1)
        self._turn = asyncio.Semaphore(at_once)
        self._storing: set[asyncio.Task[bool]] = set()
        self._last: asyncio.Task[bool] | None = None
        self._freed, self._freed_at = 0, 0.0

    async def receive(self) -> None:
        """Take messages until cancelled. Raises BrokerError when the connection is lost."""
        while True:
            busy = self._ready.locked()
            await self._ready.acquire()
            # What came while everything was busy has waited long enough.
            await self._gather(0.0 if busy else self._wait)
            self._begin(self._client.waiting(MESSAGES))

    async def drain(self, patterns: Collection[str]) -> bool:
        """End those subscriptions and take all that the session holds; returns whether it is empty now."""
        while True:
            # The broker sends what waits before it answers, as far as we have made room for it.
            for pattern in patterns:
                await self._client.unsubscribe(pattern)
            messages = self._client.waiting(MESSAGES)
            if not messages:
                return True
            if not await self._store(self._decoded(messages), None):
                return False

    async def finish(self, seconds: float) -> None:
        """Take what has arrived already, and see everything stored; what is not by then is given up."""
        self._begin(self._client.waiting())
        _, late = await asyncio.wait(self._storing, timeout=seconds)
        for task in late:
            task.cancel()

    async def _gather(self, wait: float) -> None:
        """Return when there is a batch: full, old enough, all for now, or sent by a broker that has more.

        Some brokers send no more than 20 messages ahead, whatever we would take.
        """
        await self._client.gathered(1)
        soon = self._freed_at + REFILL_SECONDS - time.monotonic()
        if soon < 0 or not await self._client.gathered(self._freed, soon):
            await self._until_quiet(time.monotonic() + wait)

    async def _until_quiet(self, end: float) -> None:
        before, full = 0, False
        while not full and before < self._client.backlog and (left := end - time.monotonic()) > 0:
            before = self._client.backlog
            full = await self._client.gathered(MESSAGES, min(left, QUIET_SECONDS))

    def _begin(self, messages: list[Message]) -> None:
        task = self._last = self._group.create_task(self._store(self._decoded(messages), self._last))
        self._storing.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._storing.discard(task)
        self._ready.release()

    async def _store(self, batch: Batch[Message], before: asyncio.Task[bool] | None) -> bool:
        """Whether that batch and the one before it are kept, and so acknowledged."""
        try:
            async with self._turn:
                kept = await self._keep(batch)
        finally:
            self._counters.waiting -= batch.readings
        if before is not None and not await before:
            return False
        if kept:
            self._client.puback(*batch.messages)
            self._freed, self._freed_at = len(batch.messages), time.monotonic()
        return kept

    def _decoded(self, messages: list[Message]) -> Batch[Message]:
        now, decode = time.time_ns() // 1_000_000, self._decoder.decode
        readings: list[Numbers] = []
        for message in messages:
            try:
                if (numbers := decode(message.topic, message.payload, now)) is not None:
                    readings.append(numbers)
            except PayloadError as error:
                self._counters.received += 1
                self._counters.rejected += 1
                self._reject(rejection(error, message.topic, message.payload, now))
        self._counters.received += len(readings)
        self._counters.waiting += len(readings)
        return Batch(messages, [numbers for numbers in readings if numbers.values], len(readings))
