from __future__ import annotations

import threading

import pytest

from collector.sources.background import Background
from tests.servers import wait_until


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """Answers when it is let, with how often it was asked."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.times = 0
        self.error: Exception | None = None

    def __call__(self) -> int:
        self.times += 1
        assert self.let.wait(60)
        if self.error is not None:
            raise self.error
        return self.times


def running(name: str) -> bool:
    return any(thread.name == name for thread in threading.enumerate())


def newest(background: Background[int]) -> int | None:
    answer = background.newest()
    return answer and answer.value


def test_the_answer_is_there_when_it_is_complete_and_nobody_waits_for_it() -> None:
    asked = Asked()
    background = Background("it", asked, 60.0, 10.0, Clock())
    assert background.newest() is None
    assert background.newest() is None
    asked.let.set()
    wait_until(lambda: background.newest() is not None, "an answer")
    answer = background.newest()
    assert answer is not None
    assert (answer.value, answer.at, asked.times) == (1, 100.0, 1)


def test_it_asks_again_after_its_time_and_gives_the_old_answer_meanwhile() -> None:
    clock, asked = Clock(), Asked()
    background = Background("it", asked, 60.0, 10.0, clock)
    asked.let.set()
    wait_until(lambda: newest(background) == 1, "the first answer")
    clock.now += 59
    assert newest(background) == 1
    clock.now += 2
    asked.let.clear()
    assert newest(background) == 1
    asked.let.set()
    wait_until(lambda: newest(background) == 2, "the second answer")


def test_one_question_at_a_time_and_a_late_answer_is_said() -> None:
    clock, asked = Clock(), Asked()
    background = Background("the engine", asked, 5.0, 10.0, clock)
    background.newest()
    clock.now += 11
    for _ in range(3):
        with pytest.raises(TimeoutError, match="no answer for 10 s from the engine"):
            background.newest()
    asked.let.set()
    wait_until(lambda: not running("the engine"), "the thread ends")
    assert asked.times == 1
    assert newest(background) == 1


def test_a_thread_that_has_answered_and_not_ended_yet_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, over = threading.Thread.run, threading.Event()

    def lingers(thread: threading.Thread) -> None:
        run(thread)
        over.wait(60)

    monkeypatch.setattr(threading.Thread, "run", lingers)
    clock, asked = Clock(), Asked()
    asked.let.set()
    background = Background("it", asked, 60.0, 10.0, clock)
    wait_until(lambda: newest(background) == 1, "the first answer")
    clock.now += 61
    assert newest(background) == 1
    wait_until(lambda: newest(background) == 2, "the second answer")
    over.set()
    wait_until(lambda: not running("it"), "the threads end")


def test_an_error_is_raised_in_every_tick_until_an_answer_comes() -> None:
    clock, asked = Clock(), Asked()
    background = Background("it", asked, 5.0, 10.0, clock)
    asked.error = ConnectionRefusedError(111, "refused")
    background.newest()
    asked.let.set()
    wait_until(lambda: not running("it"), "the thread ends")
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            background.newest()
    asked.error = None
    clock.now += 6

    def answered() -> bool:
        try:
            return newest(background) == 2
        except ConnectionRefusedError:
            return False

    wait_until(answered, "an answer")


@pytest.mark.parametrize("error", [None, ConnectionRefusedError(111, "refused")])
def test_what_is_answered_at_once_is_for_the_next_call(
    error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def answered(thread: threading.Thread) -> None:
        start(thread)
        thread.join()

    monkeypatch.setattr(threading.Thread, "start", answered)
    asked = Asked()
    asked.error = error
    asked.let.set()
    assert Background("it", asked, 60.0, 10.0, Clock()).newest() is None
    assert asked.times == 1
