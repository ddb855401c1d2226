"""What becomes of messages on a broker while the store hangs, errs, asks for a pause or refuses a point."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from perfwatch.errors import BadPoints
from perfwatch.history.store import Point
from tests.bridge.faulty import Faulty, errs
from tests.bridge.observing import CPU, eventually, observer
from tests.bridge.publisher import START_MS, payload
from tests.bridge.running import bridge_inside, numbers
from tests.servers import Mosquitto


async def test_a_store_that_hangs_is_passed_by_and_gets_everything_when_it_answers(
    broker: Mosquitto, faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 0.2)
    answers = threading.Event()
    faulty.fault = lambda _: not answers.wait(60)  # type: ignore[assignment]
    try:
        async with bridge_inside(broker, faulty) as bridge, observer(broker) as seen:
            await seen.bridge_is_online()
            for number in range(20):
                await seen.publish(CPU, payload(number))
            await eventually(lambda: bridge.stats().spooled == 20, "all of it waits on disk")
            await eventually(lambda: bridge.counters.waiting == 0, "none of it waits in memory")
            answers.set()
            await eventually(lambda: not bridge.stats().spooled, "the spool is empty")
            assert numbers(faulty) == list(range(20))
    finally:
        answers.set()


async def test_what_was_spooled_is_acknowledged_and_stored_by_the_next_run(
    broker: Mosquitto, faulty: Faulty
) -> None:
    faulty.fault = errs
    async with bridge_inside(broker, faulty) as first, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(5):
            await seen.publish(CPU, payload(number))
        await eventually(lambda: first.stats().spooled == 5, "all of it waits on disk")
    faulty.fault = None
    async with bridge_inside(broker, faulty) as second:
        await eventually(lambda: numbers(faulty) == list(range(5)), "it is stored")
        assert second.counters.received == 0


async def test_a_point_that_is_refused_for_good_is_named_and_the_rest_is_stored(
    broker: Mosquitto, faulty: Faulty
) -> None:
    def refuses(points: list[Point]) -> None:
        if any(point.fields.get("user") == 3 for point in points):
            raise BadPoints("field is of another type")

    faulty.fault = refuses
    async with bridge_inside(broker, faulty) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(6):
            await seen.publish(CPU, payload(number))
        told = json.loads(await seen.next("perfwatch-bridge/test/rejected"))
        await eventually(lambda: numbers(faulty) == [0, 1, 2, 4, 5], "the others are stored")
        await eventually(lambda: bridge.counters.written == 6, "the batch is done with")
        assert (bridge.counters.refused, bridge.stats().store_away) == (1, False)
    assert told["reason"] == f"cpu of nas at {START_MS + 3000}: field is of another type"


async def test_a_second_bridge_on_the_same_spool_says_so(broker: Mosquitto, faulty: Faulty) -> None:
    async with bridge_inside(broker, faulty), observer(broker) as seen:
        await seen.bridge_is_online()
        with pytest.raises(Exception, match="in use by another bridge"):
            async with bridge_inside(broker, faulty):
                await asyncio.sleep(0)
