"""For what may take longer than a tick: asked in a thread of its own, one at a time, not too often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Latest(NamedTuple, Generic[T]):
    """`at` is when it was asked, in seconds on the monotonic clock."""

    value: T
    at: float


class _Told(NamedTuple, Generic[T]):
    """What came of the question of that number: in one, so that an answer is never seen without its end."""

    number: int
    answer: Latest[T] | None = None
    error: Exception | None = None
    trace: TracebackType | None = None


class Background(Generic[T]):
    """Asks no more often than each `every` seconds, and only when somebody wants to know.

    The thread lives as long as one question: nothing waits and nothing polls in between. One that
    never gets its answer is left alone, and nothing more is asked until it does.
    """

    def __init__(
        self,
        name: str,
        ask: Callable[[], T],
        every: float,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._ask = ask
        self._every = every
        self._patience = patience
        self._clock = clock
        self._asked = 0
        self._asked_at = 0.0
        self._told = _Told[T](0)

    def newest(self) -> Latest[T] | None:
        """The newest complete answer, at once; None when there was none yet. A new question's is for later.

        Raises what the last question raised, and TimeoutError when its answer is `patience` seconds late.
        """
        now = self._clock()
        # One look, before asking: whether a quick answer is seen now or by the next call is no race then.
        told = self._told
        if told.number == self._asked:
            if not self._asked or now - self._asked_at >= self._every:
                self._start(now)
        elif now - self._asked_at > self._patience:
            raise TimeoutError(f"no answer for {self._patience:.0f} s from {self._name}")
        if told.error is not None:
            # As it was raised there: else each tick would add itself to the trace.
            raise told.error.with_traceback(told.trace)
        return told.answer

    def _start(self, now: float) -> None:
        number = self._asked + 1
        # A daemon, so that a question without an answer does not keep us from ending.
        threading.Thread(target=self._run, args=(number, now), name=self._name, daemon=True).start()
        self._asked, self._asked_at = number, now

    def _run(self, number: int, now: float) -> None:
        try:
            self._told = _Told(number, Latest(self._ask(), now))
        except Exception as exc:  # noqa: BLE001  # raised again in the tick, whatever it is
            self._told = _Told(number, None, exc, exc.__traceback__)
