"""Batches that are written side by side are acknowledged one after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from bridge.batch import MESSAGES, Batch
from bridge.counters import Counters
from bridge.pipeline import Pipeline
from perfwatch.mqtt.client import Client, Message, QoS
from perfwatch.topics import Topics
from tests.bridge.publisher import payload
from tests.bridge.test_app import CPU, eventually


class Wire:
    """A connection over which as many messages come as are taken."""

    def __init__(self) -> None:
        self.sent = 0
        self.acknowledged: list[int | None] = []

    async def arrived(self, limit: int) -> list[Message]:
        await asyncio.sleep(0)
        return [self._message() for _ in range(limit)]

    def waiting(self) -> list[Message]:
        return []

    def puback(self, *messages: Message) -> None:
        self.acknowledged += [message.packet_id for message in messages]

    def _message(self) -> Message:
        self.sent += 1
        return Message(CPU, payload(self.sent), qos=QoS.AT_LEAST_ONCE, packet_id=self.sent)


class Keeping:
    """Batches that are being kept, in the order in which they came; each until its answer is set."""

    def __init__(self) -> None:
        self.answers: list[asyncio.Future[bool]] = []

    async def __call__(self, batch: Batch[Message]) -> bool:
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]


@asynccontextmanager
async def writing(wire: Wire, keeping: Keeping, at_once: int) -> AsyncIterator[asyncio.Task[None]]:
    """A session that has `at_once` batches under way and another one that is full."""
    session = Pipeline(cast(Client, wire), Topics(), keeping, print, Counters(), at_once)
    tasks = [asyncio.create_task(session.write()), asyncio.create_task(session.receive())]
    try:
        await eventually(
            lambda: wire.sent == (at_once + 1) * MESSAGES, "there is a batch more than is written"
        )
        yield tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("at_once", [1, 2, 3])
async def test_as_many_batches_are_written_side_by_side_as_gain_by_it(at_once: int) -> None:
    keeping = Keeping()
    async with writing(Wire(), keeping, at_once):
        assert len(keeping.answers) == at_once
        keeping.answers[0].set_result(True)
        await eventually(lambda: len(keeping.answers) == at_once + 1, "the next is written")


async def test_a_batch_is_acknowledged_after_the_one_before_it() -> None:
    wire, keeping = Wire(), Keeping()
    async with writing(wire, keeping, 2):
        first, second = keeping.answers
        second.set_result(True)
        await asyncio.sleep(0)
        assert wire.acknowledged == []
        first.set_result(True)
        await eventually(lambda: len(wire.acknowledged) == 2 * MESSAGES, "both are acknowledged")
        assert wire.acknowledged == list(range(1, 2 * MESSAGES + 1))


async def test_behind_a_batch_that_was_given_up_nothing_is_acknowledged() -> None:
    wire, keeping = Wire(), Keeping()
    async with writing(wire, keeping, 2) as work:
        first, second = keeping.answers
        second.set_result(True)
        first.set_result(False)
        async with asyncio.timeout(20):
            await work
        assert wire.acknowledged == []
