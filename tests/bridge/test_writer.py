"""What becomes of batches while the store errs, hangs or refuses a point."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from perfwatch.errors import BadPoints, StoreError
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import Numbers, Point, each_point
from tests.bridge.publisher import START_MS, payload
from tests.bridge.running import bridge_inside, numbers
from tests.bridge.test_app import CPU, eventually, observer
from tests.servers import Mosquitto


class Faulty(SqliteStore):
    """A store whose next writes do what `fault` does before they are made."""

    fault: Callable[[list[Point]], None] | None = None

    def write(self, points: Iterable[Point | Numbers]) -> int:
        taken = list(each_point(points))
        if self.fault is not None:
            self.fault(taken)
        return super().write(taken)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Faulty]:
    with Faulty(tmp_path / "history.db") as opened:
        yield opened


def errs(_points: list[Point]) -> None:
    raise StoreError("503 of this test")


async def test_a_store_that_hangs_is_passed_by_and_gets_everything_when_it_answers(
    broker: Mosquitto, store: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 0.2)
    answers = threading.Event()
    store.fault = lambda _: not answers.wait(60)  # type: ignore[assignment]
    try:
        async with bridge_inside(broker, store) as bridge, observer(broker) as seen:
            await seen.bridge_is_online()
            for number in range(20):
                await seen.publish(CPU, payload(number))
            await eventually(lambda: bridge.stats().spooled == 20, "all of it waits on disk")
            await eventually(lambda: bridge.counters.waiting == 0, "none of it waits in memory")
            answers.set()
            await eventually(lambda: not bridge.stats().spooled, "the spool is empty")
            assert numbers(store) == list(range(20))
    finally:
        answers.set()


async def test_a_store_that_asks_for_a_pause_gets_it(
    broker: Mosquitto, store: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.writer.LONGEST", 2.0)  # it asks for more than it gets
    monkeypatch.setattr("perfwatch.backoff.FIRST", 0.01)
    tries: list[float] = []

    def is_busy(_points: list[Point]) -> None:
        tries.append(time.monotonic())
        error = StoreError("429 of this test")
        error.pause = 600.0
        raise error

    store.fault = is_busy
    async with bridge_inside(broker, store) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(20):
            await seen.publish(CPU, payload(number))
        await eventually(lambda: len(tries) > 1, "it is tried again")
        store.fault = None
        assert 2.0 <= tries[1] - tries[0] < 60.0
        await eventually(lambda: numbers(store) == list(range(20)), "all of it is stored")
        await eventually(lambda: bridge.counters.waiting == 0, "nothing waits any more")


async def test_what_was_spooled_is_acknowledged_and_stored_by_the_next_run(
    broker: Mosquitto, store: Faulty
) -> None:
    store.fault = errs
    async with bridge_inside(broker, store) as first, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(5):
            await seen.publish(CPU, payload(number))
        await eventually(lambda: first.stats().spooled == 5, "all of it waits on disk")
    store.fault = None
    async with bridge_inside(broker, store) as second:
        await eventually(lambda: numbers(store) == list(range(5)), "it is stored")
        assert second.counters.received == 0


async def test_new_readings_flow_while_the_spool_is_drained(broker: Mosquitto, store: Faulty) -> None:
    store.fault = errs
    async with bridge_inside(broker, store) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        await seen.publish(CPU, payload(1))
        await eventually(lambda: bridge.stats().spooled == 1, "the first waits on disk")
        drained = threading.Event()

        def holds_the_old(points: list[Point]) -> None:
            if points[0].fields["user"] == 1 and not drained.wait(0.5):
                raise StoreError("the old one is still not wanted")

        store.fault = holds_the_old
        await seen.publish(CPU, payload(2))
        drained.set()
        await eventually(lambda: numbers(store) == [1, 2], "both are stored")
        await eventually(lambda: not bridge.stats().store_away, "the store is back")


async def test_a_point_that_is_refused_for_good_is_named_and_the_rest_is_stored(
    broker: Mosquitto, store: Faulty
) -> None:
    def refuses(points: list[Point]) -> None:
        if any(point.fields.get("user") == 3 for point in points):
            raise BadPoints("field is of another type")

    store.fault = refuses
    async with bridge_inside(broker, store) as bridge, observer(broker) as seen:
        await seen.bridge_is_online()
        for number in range(6):
            await seen.publish(CPU, payload(number))
        told = json.loads(await seen.next("perfwatch-bridge/test/rejected"))
        await eventually(lambda: numbers(store) == [0, 1, 2, 4, 5], "the others are stored")
        await eventually(lambda: bridge.counters.written == 6, "the batch is done with")
        assert (bridge.counters.refused, bridge.stats().store_away) == (1, False)
    assert told["reason"] == f"cpu of nas at {START_MS + 3000}: field is of another type"


async def test_a_second_bridge_on_the_same_spool_says_so(broker: Mosquitto, store: Faulty) -> None:
    async with bridge_inside(broker, store), observer(broker) as seen:
        await seen.bridge_is_online()
        with pytest.raises(Exception, match="Another bridge uses the spool"):
            async with bridge_inside(broker, store):
                await asyncio.sleep(0)
