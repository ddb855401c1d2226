"""For what costs much on some machines: asked less often there, so that it never takes more than a share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Sparingly(Generic[P, T]):
    """Asks no more often than takes `share` of a core; in between, the last answer stands.

    `cost_clock` says how many seconds of processor time this thread took.
    """

    def __init__(
        self,
        ask: Callable[P, T],
        share: float,
        clock: Callable[[], float] = time.monotonic,
        cost_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._ask = ask
        self._share = share
        self._clock = clock
        self._cost_clock = cost_clock
        self._answer: T
        self._next = -math.inf

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Raises what `ask` raises; then it is asked again at once."""
        if self._clock() >= self._next:
            began = self._cost_clock()
            self._answer = self._ask(*args, **kwargs)
            self._next = self._clock() + (self._cost_clock() - began) / self._share
        return self._answer
