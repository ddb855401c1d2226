"""When to tick: at start + n × interval, whatever a tick costs, so that no delay adds up."""

from __future__ import annotations


class Schedule:
    """Seconds on a clock that the caller reads. The first tick is due at `start`."""

    def __init__(self, start: float, interval: float) -> None:
        self._start = start
        self.interval = interval
        self._tick = 0

    @property
    def due(self) -> float:
        """When the coming tick is due."""
        return self._start + self._tick * self.interval

    def change(self, interval: float, now: float) -> None:
        """Another interval from the last tick on: the coming one is at once when it would be over."""
        self._start = max(now, self.due - self.interval + interval)
        self.interval = interval
        self._tick = 0

    def advance(self, now: float) -> None:
        """That tick is done: on to the next one after `now`. Those that were missed are skipped."""
        passed = int((now - self._start) // self.interval)
        # A wait may end a moment early; that tick is not to be taken twice.
        self._tick = max(self._tick, passed) + 1
