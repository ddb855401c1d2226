"""Threads for work that may block."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Iterator

import pytest

from perfwatch.workers import Workers
from tests.servers import wait_until
from tests.stack import environment

DEADLINE = 0.05

STUCK = """
import asyncio, threading
from perfwatch.workers import Workers

async def main():
    workers = Workers("the store", 1)
    try:
        await workers.run(threading.Event().wait, deadline=0.05)
    except TimeoutError:
        workers.close()
        print("given up")

asyncio.run(main())
"""


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What work may wait for: it is set in the end."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    made = Workers("the store", 1)
    yield made
    made.close()


async def hold(workers: Workers, stuck: threading.Event) -> asyncio.Task[bool]:
    """Work that holds a thread, and has begun."""
    begun = threading.Event()

    def work() -> bool:
        begun.set()
        return stuck.wait()

    task = asyncio.create_task(workers.run(work))
    await asyncio.to_thread(begun.wait)
    return task


async def test_work_runs_in_a_thread_of_that_name(workers: Workers) -> None:
    def work(left: int, right: int) -> tuple[int, str]:
        return left + right, threading.current_thread().name

    assert await workers.run(work, 1, 2) == (3, "the store 0")


async def test_what_work_raises_is_raised_to_who_waits(workers: Workers) -> None:
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 // 0)
    assert await workers.run(str, 1) == "1"


async def test_no_more_threads_than_asked_for(stuck: threading.Event) -> None:
    workers = Workers("the store", 2)
    held = [await hold(workers, stuck) for _ in range(2)]
    third = asyncio.create_task(workers.run(threading.current_thread))
    await asyncio.sleep(0)
    assert not third.done()
    stuck.set()
    assert (await third).name in ("the store 0", "the store 1")
    assert await asyncio.gather(*held) == [True, True]
    workers.close()


async def test_the_deadline_counts_the_wait_in_the_queue(workers: Workers, stuck: threading.Event) -> None:
    await hold(workers, stuck)
    with pytest.raises(TimeoutError):
        await workers.run(str, 1, deadline=DEADLINE)


async def test_the_deadline_ends_the_wait_for_work_that_has_begun(
    workers: Workers, stuck: threading.Event
) -> None:
    with pytest.raises(TimeoutError):
        await workers.run(stuck.wait, deadline=DEADLINE)


@pytest.mark.parametrize("deadline", [None, DEADLINE])
async def test_work_that_nobody_waits_for_any_more_never_begins(
    workers: Workers, stuck: threading.Event, deadline: float | None
) -> None:
    held, done = await hold(workers, stuck), list[str]()
    queued = asyncio.create_task(workers.run(done.append, "forgotten", deadline=deadline))
    await asyncio.sleep(0)
    if deadline is None:
        queued.cancel()
    with pytest.raises((asyncio.CancelledError, TimeoutError)):
        await queued
    stuck.set()
    await held
    await workers.run(done.append, "asked for")
    assert done == ["asked for"]


async def test_a_result_is_not_kept(workers: Workers) -> None:
    kept = weakref.ref(await workers.run(set[int]))
    await asyncio.sleep(0)  # asyncio itself keeps it until then
    wait_until(lambda: kept() is None, "the thread has let go of it")


async def test_closing_cancels_what_is_queued_and_takes_nothing_more(
    workers: Workers, stuck: threading.Event
) -> None:
    await hold(workers, stuck)
    queued = asyncio.create_task(workers.run(str))
    await asyncio.sleep(0)
    workers.close()
    with pytest.raises(asyncio.CancelledError):
        await queued
    with pytest.raises(RuntimeError, match="closed"):
        await workers.run(str)


def test_a_stuck_thread_does_not_hold_up_the_end_of_the_process() -> None:
    command = [sys.executable, "-c", STUCK]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "given up\n"
