"""For what may take longer than a tick: asked in a thread of its own, one at a time, not too often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Answer(NamedTuple, Generic[T]):
    """`at` is when it was asked, in seconds on the monotonic clock."""

    value: T
    at: float


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
        self._thread: threading.Thread | None = None
        self._asked_at = 0.0
        self._answer: Answer[T] | None = None
        self._error: Exception | None = None
        self._trace: TracebackType | None = None

    def newest(self) -> Answer[T] | None:
        """The newest complete answer, at once; None when there was none yet. A new question's is for later.

        Raises what the last question raised, and TimeoutError when its answer is `patience` seconds late.
        """
        now = self._clock()
        # Kept before asking: whether a quick answer is seen now or by the next call is no race then.
        answer, error, trace = self._answer, self._error, self._trace
        if self._thread is None or (not self._thread.is_alive() and now - self._asked_at >= self._every):
            self._start(now)
        elif self._thread.is_alive() and now - self._asked_at > self._patience:
            raise TimeoutError(f"no answer for {self._patience:.0f} s from {self._name}")
        if error is not None:
            # As it was raised there: else each tick would add itself to the trace.
            raise error.with_traceback(trace)
        return answer

    def _start(self, now: float) -> None:
        self._asked_at = now
        # A daemon, so that a question without an answer does not keep us from ending.
        self._thread = threading.Thread(target=self._run, args=(now,), name=self._name, daemon=True)
        self._thread.start()

    def _run(self, now: float) -> None:
        try:
            self._answer, self._error = Answer(self._ask(), now), None
        except Exception as exc:  # noqa: BLE001  # raised again in the tick, whatever it is
            self._error, self._trace = exc, exc.__traceback__
