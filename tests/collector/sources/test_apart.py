from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from collector.sources.apart import PATIENCE_SECONDS, Apart, Told, tell
from tests.servers import wait_until


class Held:
    """Answers when it is let, as one that is asked over a bus that somebody else holds."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        assert self.let.wait(60)
        return "at last"


@pytest.fixture
def patient() -> None:
    """Here it is as it is."""


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Of the threads of this test, beside which those of others may still end."""
    return str(request.node.name)


def threads(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


def answers(told: dict[str, Told[str]]) -> dict[str, str | None]:
    return {key: each.answer for key, each in told.items()}


def test_answers_come_in_the_order_of_the_questions_and_errors_too(name: str) -> None:
    def fails() -> str:
        raise OSError(5, "broken")

    told = Apart[str](name).ask({"b": lambda: "B", "a": fails, "c": lambda: "C"})
    assert answers(told) == {"b": "B", "a": None, "c": "C"}
    assert isinstance(told["a"].error, OSError)


def test_one_thread_asks_them_all_and_stays(name: str) -> None:
    apart, before = Apart[int](name), threads(name)
    first = apart.ask({str(n): threading.get_ident for n in range(9)})
    again = apart.ask({"x": threading.get_ident})
    assert len({told.answer for told in (*first.values(), *again.values())}) == 1
    assert threads(name) == before + 1


def test_without_a_question_there_is_no_thread(name: str) -> None:
    before = threads(name)
    assert Apart[int](name).ask({}) == {}
    assert threads(name) == before


def test_one_that_never_answers_keeps_one_thread_and_is_not_waited_for_again(name: str) -> None:
    apart, held, before = Apart[str](name), Held(), threads(name)
    began = time.monotonic()
    for _ in range(20):
        told = apart.ask({"a": lambda: "A", "held": held, "c": lambda: "C"})
        assert answers(told) == {"a": "A", "held": None, "c": "C"}
        assert isinstance(told["held"].error, TimeoutError)
    assert time.monotonic() - began < 10 * PATIENCE_SECONDS
    assert (held.asked, threads(name)) == (1, before + 2)
    held.let.set()


def test_several_that_never_answer_keep_a_thread_each(name: str) -> None:
    # A quick one is quick on a busy machine too.
    apart, before = Apart[str](name, patience=1), threads(name)
    held = {str(number): Held() for number in range(3)}
    asked: dict[str, Callable[[], str]] = {**held, "quick": lambda: "Q"}
    for _ in range(3):
        assert answers(apart.ask(asked))["quick"] == "Q"
    assert ([one.asked for one in held.values()], threads(name)) == ([1, 1, 1], before + 4)
    for one in held.values():
        one.let.set()


def test_what_came_late_is_taken_with_its_lateness_until_it_is_quick_again(name: str) -> None:
    apart, held = Apart[str](name, patience=0.05), Held()
    apart.ask({"held": held})
    time.sleep(0.1)  # its answer is to be late
    held.let.set()
    late: list[Told[str]] = []

    def came() -> bool:
        late.append(apart.ask({"held": held})["held"])
        return late[-1].answer is not None

    wait_until(came, "the late answer")
    assert (late[-1].answer, type(late[-1].error)) == ("at last", TimeoutError)
    wait_until(lambda: apart.ask({"held": held})["held"].error is None, "a quick answer")


def test_a_part_that_went_away_while_it_was_late_leaves_no_thread(name: str) -> None:
    apart, held, before = Apart[str](name, patience=0.05), Held(), threads(name)
    apart.ask({"held": held})
    apart.ask({})
    assert threads(name) == before + 1
    held.let.set()

    def ended() -> bool:
        apart.ask({})
        return threads(name) == before

    wait_until(ended, "its thread ends")


def test_telling_here_and_now_catches_whatever_is_raised() -> None:
    def fails() -> int:
        raise RecursionError("deep")

    assert tell(lambda: 3) == Told(3)
    assert isinstance(tell(fails).error, RecursionError)


def test_one_that_is_no_longer_needed_leaves_no_thread(name: str) -> None:
    apart = Apart[int](name)
    apart.ask({"a": lambda: 1})
    assert threads(name) == 1
    del apart
    wait_until(lambda: threads(name) == 0, "its thread ends")
