"""What the writer counts, says and leaves behind, and what it does not do meanwhile. No broker."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from bridge.batch import Batch
from bridge.spool import Spool
from bridge.writer import PATIENCE_SECONDS, Writer
from perfwatch.errors import PartialWrite, StoreError
from perfwatch.history.store import Point
from tests.bridge.faulty import Faulty, errs
from tests.bridge.observing import eventually
from tests.bridge.publisher import START_MS
from tests.bridge.running import numbers
from tests.bridge.writing import Impatient, Two, reading, writing


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Waits are noted and not waited for, and all that is said is heard."""
    monkeypatch.setattr("bridge.writer.Backoff", Impatient)
    Impatient.waits = []
    caplog.set_level("INFO")


async def turns(writer: Writer) -> None:
    """Time for whatever would be done next: by the loop, and by the threads of spool and store."""
    for _ in range(50):
        assert await writer.once_the_disk_answers(lambda: True)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "bridge.writer"]


async def test_what_is_stored_is_counted_straight_or_from_the_spool(faulty: Faulty) -> None:
    async with writing(faulty) as writer:
        assert await writer.keep(reading(1))
        assert (writer._counters.written, writer._counters.points) == (1, 1)
        faulty.fault = errs
        assert await writer.keep(reading(2))
        assert writer._counters.written == 1
        faulty.fault = None
        await eventually(lambda: writer._spool.empty, "the spool is written")
        assert (writer._counters.written, writer._counters.points) == (2, 2)
        assert len(writer._under_way) == 1  # only what looks after the spool


async def test_what_is_refused_for_good_is_counted_and_told_straight_or_from_the_spool(
    faulty: Faulty,
) -> None:
    def refuses(points: list[Point]) -> None:
        raise PartialWrite("partial write", [f"at {point.time}: of another type" for point in points])

    told: list[str] = []
    async with writing(faulty, refused=told.append) as writer:
        faulty.fault = refuses
        assert await writer.keep(reading(1))
        faulty.fault = errs
        assert await writer.keep(reading(2))
        faulty.fault = refuses
        await eventually(lambda: writer._spool.empty, "the spool is written")
        assert (writer._counters.refused, writer._counters.points) == (2, 0)
    assert told == [f"at {START_MS + second}: of another type" for second in (1000, 2000)]


async def test_readings_without_numbers_are_done_though_the_store_is_away(faulty: Faulty) -> None:
    async with writing(faulty) as writer:
        faulty.fault = errs
        assert await writer.keep(Batch([], [], 3))
        assert (writer._counters.written, writer.away, writer._spool.empty) == (3, False, True)


@pytest.mark.usefixtures("impatient")
async def test_each_outage_of_the_store_is_said_once_and_its_end(
    faulty: Faulty, caplog: pytest.LogCaptureFixture
) -> None:
    async with writing(faulty) as writer:
        faulty.fault = errs
        assert await writer.keep(reading(1))
        await eventually(lambda: len(Impatient.waits) > 3, "it is tried again")
        faulty.fault = None
        await eventually(lambda: writer._spool.empty, "the spool is written")
        for number in (2, 3):
            assert await writer.keep(reading(number))
    away = f"503 of this test; readings wait in {writer._spool.folder} until it can be written again"
    assert said(caplog) == [away, "the history can be written again"]


@pytest.mark.usefixtures("impatient")
async def test_a_spool_that_takes_no_more_is_said_once_and_when_it_does_again(
    faulty: Faulty, caplog: pytest.LogCaptureFixture
) -> None:
    async with writing(faulty, spool_size=1) as writer:
        faulty.fault = errs
        keeping = asyncio.create_task(writer.keep(reading(1)))
        await eventually(lambda: len(Impatient.waits) > 3, "it is tried again")
        assert not keeping.done()
        writer._spool._limit = 10**9
        assert await keeping
        full = f"The spool {writer._spool.folder} is full (PERFWATCH_SPOOL_SIZE=1)"
        assert said(caplog)[1:] == [
            f"{full}; nothing is acknowledged until there is room",
            "the spool can be written again",
        ]


async def test_a_store_that_does_not_answer_is_said_and_two_late_writes_are_both_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 0.05)
    answers = {START_MS + number * 1000: threading.Event() for number in (1, 2)}
    begun: list[int] = []

    def hangs(points: list[Point]) -> None:
        begun.append(points[0].time)
        assert answers[points[0].time].wait(60)

    with Two(tmp_path / "history.db") as store:
        store.fault = hangs
        async with writing(store) as writer:
            assert await asyncio.gather(*(writer.keep(reading(number)) for number in (1, 2))) == [True, True]
            monkeypatch.setattr("bridge.writer.PATIENCE_SECONDS", 3600)
            assert len(begun) == 2
            answers[begun[0]].set()
            await eventually(lambda: writer._standing._late == 1, "the first is answered")
            await turns(writer)
            assert len(begun) == 2, "the spool is not written behind one that hangs"
            answers[begun[1]].set()
            await eventually(lambda: writer._spool.empty, "the spool is written")
    assert said(caplog)[0].startswith("The history has not answered for 0 s; readings wait in ")


@pytest.mark.usefixtures("impatient")
async def test_a_pause_that_the_store_asks_for_is_kept_and_no_longer_than_the_longest_wait(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.writer.LONGEST", 0.3)
    tries: list[float] = []

    def is_busy(_points: list[Point]) -> None:
        tries.append(time.monotonic())
        error = StoreError("429 of this test")
        error.pause = 600.0
        raise error

    faulty.fault = is_busy
    async with writing(faulty) as writer:
        assert await writer.keep(reading(1))
        await eventually(lambda: len(tries) > 1, "it is tried again")
        assert tries[1] - tries[0] >= 0.3


@pytest.mark.usefixtures("impatient")
async def test_an_old_reading_that_is_refused_is_no_end_of_an_outage_for_a_new_one_that_is_not(
    faulty: Faulty, caplog: pytest.LogCaptureFixture
) -> None:

    def refuses_the_old(points: list[Point]) -> None:
        if points[0].time == START_MS + 1000:
            errs(points)

    async with writing(faulty, spool_size=400) as writer:
        faulty.fault = errs
        assert await writer.keep(reading(1))
        writer._spool._limit = 1
        faulty.fault = refuses_the_old
        assert await writer.keep(reading(2))
        assert (numbers(faulty), writer.away) == ([2], True)
    assert "the history can be written again" not in said(caplog)


async def test_once_it_is_in_no_hurry_it_waits_again(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwatch.backoff.FIRST", 3600)
    tries: list[int] = []

    def counts(points: list[Point]) -> None:
        tries.append(points[0].time)
        errs(points)

    faulty.fault = counts
    async with writing(faulty, spool_size=1) as writer:
        writer.hurry(True)
        writer.hurry(False)
        keeping = asyncio.create_task(writer.keep(reading(1)))
        await eventually(lambda: writer._standing.full, "it waits for room")
        await turns(writer)
        assert len(tries) <= 2  # once as `hurry` roused it, and then not before the wait is over
        writer.hurry(True)
        assert not await keeping


async def test_while_nothing_is_spooled_nobody_looks(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    async with writing(faulty) as writer:
        faulty.fault = errs
        assert await writer.keep(reading(1))
        faulty.fault = None
        await eventually(lambda: writer._spool.empty, "the spool is written")
        monkeypatch.setattr(Spool, "oldest", lambda _spool: looks.append(1))
        assert await writer.keep(reading(2))
        await turns(writer)
    assert looks == []


def test_a_store_that_hangs_leaves_time_to_end() -> None:
    assert PATIENCE_SECONDS < 8  # which is what a service has


async def test_what_is_too_old_is_left_out_and_the_next_reading_is_stored(faulty: Faulty) -> None:
    async with writing(faulty, age=-1.0) as writer:
        faulty.fault = errs
        assert await writer.keep(reading(1))
        await eventually(lambda: writer._spool.empty, "it has expired")
        faulty.fault = None
        assert await writer.keep(reading(2))
        assert (numbers(faulty), writer._spool.expired) == ([2], 1)


@pytest.mark.usefixtures("impatient")
async def test_what_is_said_of_a_spool_is_said_again_after_it_could_be_read(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(_spool: Spool) -> None:
        raise StoreError("The disk of this test cannot be read")

    async with writing(faulty) as writer:
        for number in (1, 2):
            with monkeypatch.context() as patched:
                patched.setattr(Spool, "oldest", unreadable)
                faulty.fault = errs
                assert await writer.keep(reading(number))
                await eventually(lambda now=number: _unread(caplog) == now, "it is said")  # type: ignore[misc]
            faulty.fault = None
            await eventually(lambda: writer._spool.empty, "the spool is written")
    assert _unread(caplog) == 2


def _unread(caplog: pytest.LogCaptureFixture) -> int:
    return said(caplog).count("The disk of this test cannot be read; the bridge keeps trying")


async def test_its_threads_end_with_it(faulty: Faulty) -> None:
    before = set(threading.enumerate())
    async with writing(faulty) as writer:
        assert await writer.keep(reading(1))
        its = set(threading.enumerate()) - before
        assert {thread.name for thread in its} == {"history 0", "spool 0"}
    await eventually(lambda: not any(thread.is_alive() for thread in its), "they have ended")
