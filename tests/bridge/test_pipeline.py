"""Batches are put together, written side by side, and acknowledged one after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from bridge.batch import MESSAGES, Batch
from bridge.counters import Counters
from bridge.decode import Decoder
from bridge.pipeline import Pipeline
from bridge.series_limit import SeriesLimit
from perfwatch.broker import broker_of
from perfwatch.mqtt.client import Client, Message, QoS
from perfwatch.settings import Settings
from perfwatch.topics import Topics
from tests.bridge.observing import CPU, eventually
from tests.bridge.publisher import payload

# Longer than any test takes.
LONG = 3600.0


class Wire(Client):
    """A connection over which comes what the test says, and which knows what was acknowledged."""

    def __init__(self) -> None:
        super().__init__(broker_of(Settings()), client_id="wire", receive_max=4 * MESSAGES, manual_ack=True)
        self.sent = 0
        self.acknowledged: list[int | None] = []

    def arrive(self, count: int) -> None:
        packets = [
            Message(CPU, payload(number), qos=QoS.AT_LEAST_ONCE, packet_id=number).write()
            for number in range(self.sent + 1, self.sent + count + 1)
        ]
        self._parse(memoryview(b"".join(packets)))
        self.sent += count

    def puback(self, *messages: Message) -> None:
        self.acknowledged += [message.packet_id for message in messages]


class Keeping:
    """Batches that are being kept, in the order in which they came; each until its answer is set."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.answers: list[asyncio.Future[bool]] = []

    async def __call__(self, batch: Batch[Message]) -> bool:
        self.sizes.append(batch.readings)
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]


class Running(NamedTuple):
    wire: Wire
    keeping: Keeping
    counters: Counters
    pipeline: Pipeline


@asynccontextmanager
async def running(at_once: int = 1, wait: float = LONG) -> AsyncIterator[Running]:
    wire, keeping, counters = Wire(), Keeping(), Counters()
    async with asyncio.TaskGroup() as group:
        decoder = Decoder(Topics(), SeriesLimit(1000, print))
        pipeline = Pipeline(wire, decoder, keeping, print, counters, group, at_once=at_once, wait=wait)
        receiving = group.create_task(pipeline.receive())
        yield Running(wire, keeping, counters, pipeline)
        receiving.cancel()
        await pipeline.finish(0.0)


async def kept(one: Running, *sizes: int) -> None:
    await eventually(lambda: one.keeping.sizes == list(sizes), f"batches of {sizes}")


async def test_a_full_batch_does_not_wait() -> None:
    async with running() as one:
        one.wire.arrive(MESSAGES)
        await kept(one, MESSAGES)


async def test_what_comes_within_the_wait_is_one_batch() -> None:
    async with running(wait=0.2) as one:
        one.wire.arrive(1)
        await asyncio.sleep(0)
        one.wire.arrive(2)
        await kept(one, 3)


async def test_when_no_more_comes_nothing_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.pipeline.QUIET_SECONDS", 0.05)
    async with running() as one:
        one.wire.arrive(3)
        await kept(one, 3)


async def test_a_broker_that_sends_as_much_as_was_acknowledged_has_more_and_is_not_waited_for() -> None:
    async with running() as one:
        one.wire.arrive(MESSAGES)
        await kept(one, MESSAGES)
        one.keeping.answers[0].set_result(True)
        await eventually(lambda: len(one.wire.acknowledged) == MESSAGES, "it is acknowledged")
        one.pipeline._freed = 20  # as if the broker sent no more ahead
        one.wire.arrive(20)
        await kept(one, MESSAGES, 20)


async def test_what_comes_while_all_are_busy_does_not_wait_again() -> None:
    async with running(at_once=1) as one:
        one.wire.arrive(2 * MESSAGES + 5)  # one is written, one is ready, and these five
        await kept(one, MESSAGES)
        one.pipeline._freed_at = -LONG
        one.keeping.answers[0].set_result(True)
        await kept(one, MESSAGES, MESSAGES)
        one.keeping.answers[1].set_result(True)
        await kept(one, MESSAGES, MESSAGES, 5)


@pytest.mark.parametrize("at_once", [1, 2, 3])
async def test_as_many_batches_are_written_side_by_side_as_gain_by_it(at_once: int) -> None:
    async with running(at_once) as one:
        one.wire.arrive(3 * MESSAGES)
        one.wire.arrive(MESSAGES)
        await kept(one, *[MESSAGES] * at_once)
        one.keeping.answers[0].set_result(True)
        await kept(one, *[MESSAGES] * (at_once + 1))


async def test_a_batch_is_acknowledged_after_the_one_before_it() -> None:
    async with running(at_once=2) as one:
        one.wire.arrive(2 * MESSAGES)
        await kept(one, MESSAGES, MESSAGES)
        first, second = one.keeping.answers
        second.set_result(True)
        await eventually(lambda: one.counters.waiting == MESSAGES, "the second is kept")
        assert one.wire.acknowledged == []
        first.set_result(True)
        await eventually(lambda: len(one.wire.acknowledged) == 2 * MESSAGES, "both are acknowledged")
        assert one.wire.acknowledged == list(range(1, 2 * MESSAGES + 1))


async def test_behind_a_batch_that_was_given_up_nothing_is_acknowledged() -> None:
    async with running(at_once=2) as one:
        one.wire.arrive(2 * MESSAGES)
        await kept(one, MESSAGES, MESSAGES)
        first, second = one.keeping.answers
        second.set_result(True)
        first.set_result(False)
        await eventually(lambda: one.counters.waiting == 0, "neither waits any more")
        assert one.wire.acknowledged == []


async def test_at_the_end_what_has_arrived_is_kept_too_and_nothing_waits_any_more() -> None:
    async with running() as one:
        one.wire.arrive(3)
        finishing = asyncio.create_task(one.pipeline.finish(LONG))
        await kept(one, 3)
        one.keeping.answers[0].set_result(True)
        await finishing
        assert (one.wire.acknowledged, one.counters.waiting) == ([1, 2, 3], 0)


async def test_what_is_not_kept_in_time_is_given_up() -> None:
    async with running() as one:
        one.wire.arrive(3)
        await one.pipeline.finish(0.1)
        await eventually(lambda: one.counters.waiting == 0, "it is given up")
        assert one.wire.acknowledged == []
