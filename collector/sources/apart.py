"""Reads that may never return, on threads of their own.

A held bus, a server that is gone or a broken card keeps whoever asks it, and no thread can be called
back. So what may block is asked on a thread, and waited for no longer than `PATIENCE_SECONDS`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 0.25

Question = Callable[[], T]


class Told(NamedTuple, Generic[T]):
    """What came of a question. Both are there when the answer came, and came late."""

    answer: T | None = None
    error: Exception | None = None


def tell(question: Question[T]) -> Told[T]:
    """Ask here and now."""
    try:
        return Told(question())
    except Exception as exc:  # noqa: BLE001  # whoever asked decides what each means
        return Told(error=exc)


class Apart(Generic[T]):
    """Asks several things one after another on one thread.

    One that is late keeps that thread to itself and the others go on on a new one, so there is a
    thread for each that is late and no more. It is not waited for again before it was quick once:
    what it says meanwhile is taken when it has come.
    """

    def __init__(self, name: str, patience: float = PATIENCE_SECONDS) -> None:
        self._name = name
        self._patience = patience
        self._together: _Lane[T] | None = None
        self._late: dict[str, _Alone[T]] = {}

    def ask(self, questions: Mapping[str, Question[T]]) -> dict[str, Told[T]]:
        """What came of each. The error of one that is late is a TimeoutError."""
        told = {
            key: self._late[key].ask(question) for key, question in questions.items() if key in self._late
        }
        told |= self._ask({key: question for key, question in questions.items() if key not in self._late})
        for key in [key for key, alone in self._late.items() if alone.over(asked=key in questions)]:
            self._late.pop(key).lane.end()
        return {key: told[key] for key in questions}

    def __del__(self) -> None:
        """A source that is switched off leaves no thread."""
        for lane in filter(None, [self._together, *(alone.lane for alone in self._late.values())]):
            lane.end()

    def _ask(self, questions: Mapping[str, Question[T]]) -> dict[str, Told[T]]:
        if not questions:
            return {}
        lane = self._together = self._together or _Lane(self._name)
        asked = lane.begin(questions)
        if asked.done.wait(self._patience):
            return asked.told
        asked.abandoned = True
        told = dict(asked.told)
        late = next((key for key in questions if key not in told), None)
        if late is not None:
            self._late[late] = _Alone(late, lane, asked, self._patience)
            self._together = None
            told[late] = Told(error=_timeout(self._patience))
        return told | self._ask({key: question for key, question in questions.items() if key not in told})


class _Round(Generic[T]):
    """Questions of one moment. The rest of them is for another thread once it is `abandoned`."""

    def __init__(self, questions: Mapping[str, Question[T]]) -> None:
        self._questions = questions
        self.told: dict[str, Told[T]] = {}
        self.done = threading.Event()
        self.abandoned = False
        self.seconds = 0.0

    def run(self) -> None:
        began = time.monotonic()
        for key, question in self._questions.items():
            if self.abandoned:
                break
            self.told[key] = tell(question)
        self.seconds = time.monotonic() - began
        self.done.set()


class _Lane(Generic[T]):
    """A thread that asks what it is given. A daemon: it does not keep us from ending."""

    def __init__(self, name: str) -> None:
        self._rounds: SimpleQueue[_Round[T] | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def begin(self, questions: Mapping[str, Question[T]]) -> _Round[T]:
        asked = _Round(questions)
        self._rounds.put(asked)
        return asked

    def end(self) -> None:
        self._rounds.put(None)

    def _run(self) -> None:
        for asked in iter(self._rounds.get, None):
            asked.run()


class _Alone(Generic[T]):
    """What was late, on the lane that it keeps: asked again when it has answered, and not waited for."""

    def __init__(self, key: str, lane: _Lane[T], asked: _Round[T], patience: float) -> None:
        self.lane = lane
        self._key = key
        self._asked = asked
        self._patience = patience
        self._quick = False

    def ask(self, question: Question[T]) -> Told[T]:
        asked, late = self._asked, _timeout(self._patience)
        if not asked.done.is_set():
            return Told(error=late)
        told = asked.told.get(self._key, Told[T](error=late))
        self._quick = asked.seconds <= self._patience
        if not self._quick:
            self._asked = self.lane.begin({self._key: question})
            return told._replace(error=told.error or late)
        return told

    def over(self, asked: bool) -> bool:
        """Whether it needs no thread of its own any more."""
        return self._quick or (not asked and self._asked.done.is_set())


def _timeout(patience: float) -> TimeoutError:
    return TimeoutError(f"no answer within {patience:g} s: it is taken when it comes")
