"""What the writer makes of batches while the store errs, hangs or is slow. No broker."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bridge.spool import Spool
from perfwatch.errors import StoreError
from perfwatch.history.store import Point
from tests.bridge.faulty import Faulty, errs
from tests.bridge.observing import eventually
from tests.bridge.publisher import START_MS
from tests.bridge.running import numbers
from tests.bridge.writing import Impatient, Two, reading, writing


async def test_new_readings_flow_while_the_spool_is_drained(tmp_path: Path) -> None:
    held = {START_MS + number * 1000: threading.Event() for number in (1, 2)}
    begun: list[int] = []

    def holds_the_old(points: list[Point]) -> None:
        begun.append(points[0].time)
        assert held.get(points[0].time, done).wait(60)

    (done := threading.Event()).set()
    with Two(tmp_path / "history.db") as store:
        async with writing(store) as writer:
            store.fault = errs
            assert await writer.keep(reading(1))
            store.fault = holds_the_old
            await eventually(lambda: begun == [START_MS + 1000], "the oldest is tried")
            assert await writer.keep(reading(2))  # into the spool: the store is still away
            held[START_MS + 1000].set()
            await eventually(lambda: begun[1:] == [START_MS + 2000], "the rest of the spool is written")
            assert await writer.keep(reading(3))
            assert numbers(store) == [1, 3]
            held[START_MS + 2000].set()
            await eventually(lambda: numbers(store) == [1, 2, 3], "all is stored")


async def test_while_a_write_hangs_the_next_batch_is_spooled_at_once(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    faulty.fault = lambda _: not answers.wait(60)  # type: ignore[assignment]
    async with writing(faulty) as writer:
        monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 0.05)
        assert await writer.keep(reading(1))
        monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 3600)
        assert await writer.keep(reading(2))
        answers.set()
        await eventually(lambda: numbers(faulty) == [1, 2], "both are stored")
        await eventually(lambda: not writer.away, "it is back")


async def test_behind_a_write_that_hangs_no_others_pile_up(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, begun = threading.Event(), list[int]()

    def hangs(points: list[Point]) -> None:
        begun.append(points[0].time)
        assert answers.wait(60)

    monkeypatch.setattr("bridge.writer.Backoff", Impatient)
    monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 0.01)
    Impatient.waits, faulty.fault = [], hangs
    async with writing(faulty) as writer:
        for number in range(20):
            assert await writer.keep(reading(number))
        monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 3600)
        answers.set()
        await eventually(lambda: numbers(faulty) == list(range(20)), "all is stored")
    assert begun == [START_MS, START_MS]  # the first, and the spool


async def test_who_is_in_a_hurry_does_not_wait_for_room(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwatch.backoff.FIRST", 3600)
    faulty.fault = errs
    async with writing(faulty, spool_size=1) as writer:
        keeping = asyncio.create_task(writer.keep(reading(1)))
        await eventually(lambda: writer.away, "the store has refused")
        writer.hurry(True)
        assert not await keeping
        assert not await writer.keep(reading(2))


async def test_a_full_spool_keeps_nothing_from_a_store_that_is_back(faulty: Faulty) -> None:
    faulty.fault = errs
    async with writing(faulty, spool_size=1) as writer:
        keeping = asyncio.create_task(writer.keep(reading(1)))
        await eventually(lambda: writer.away, "the store has refused")
        faulty.fault = None
        assert await keeping
        assert (numbers(faulty), writer.away) == ([1], False)


async def test_each_outage_begins_with_the_shortest_wait(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.writer.Backoff", Impatient)
    Impatient.waits = []
    async with writing(faulty) as writer:
        for number in (1, 2):
            faulty.fault = errs
            assert await writer.keep(reading(number))
            before = len(Impatient.waits)
            await eventually(lambda least=before + 3: len(Impatient.waits) >= least, "it was tried in vain")  # type: ignore[misc]
            faulty.fault = None
            await eventually(lambda: not writer.away, "it is stored")
    again = Impatient.waits.index(0.5, 1)
    assert Impatient.waits[:3] == Impatient.waits[again : again + 3] == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("late", [False, True])
async def test_what_nobody_foresaw_in_a_write_is_raised(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """By the writer itself when whoever waited for the write does so no more."""
    answers = threading.Event()

    def breaks(_points: list[Point]) -> None:
        assert answers.wait(60)
        raise RuntimeError("of this test")

    faulty.fault = breaks
    if late:
        monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 0.05)
    else:
        answers.set()
    with pytest.raises(ExceptionGroup) as raised:
        await _keep_until_it_ends(faulty, answers)
    assert raised.group_contains(RuntimeError, match="of this test")


async def _keep_until_it_ends(faulty: Faulty, answers: threading.Event) -> None:
    async with writing(faulty) as writer:
        await writer.keep(reading(1))
        answers.set()
        await asyncio.sleep(3600)


async def test_a_spool_that_cannot_be_read_is_said_once_and_keeps_nothing_from_the_store(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bridge.writer.Backoff", Impatient)
    Impatient.waits = []

    def unreadable(_spool: Spool) -> None:
        raise StoreError("The disk of this test cannot be read")

    monkeypatch.setattr(Spool, "oldest", unreadable)
    faulty.fault = errs
    async with writing(faulty) as writer:
        assert await writer.keep(reading(1))
        await eventually(lambda: len(Impatient.waits) > 3, "it is tried again and again")
        monkeypatch.undo()
        faulty.fault = None
        await eventually(lambda: numbers(faulty) == [1], "it is stored")
    said = [record.getMessage() for record in caplog.records if "of this test cannot" in record.getMessage()]
    assert said == ["The disk of this test cannot be read; the bridge keeps trying"]
