"""What one connection has sent and the broker has not acknowledged."""

from __future__ import annotations

import threading


class Inflight:
    """Places for `window` messages. A message is counted before it is sent, and known by its id after."""

    def __init__(self, window: int) -> None:
        self.window = window
        self._count = 0
        self._readings: dict[int, int | None] = {}
        self._early: set[int] = set()
        self._lock = threading.Lock()  # never held while paho is called: paho calls us with its own

    @property
    def full(self) -> bool:
        return self._count >= self.window

    def take_off(self) -> None:
        """One more is about to be sent."""
        with self._lock:
            self._count += 1

    def sent(self, message: int, reading: int | None) -> bool:
        """It has that id and, if it is a reading, that number. True when it was acknowledged already."""
        with self._lock:
            if message in self._early:
                self._early.remove(message)
                return True
            self._readings[message] = reading
            return False

    def land(self, message: int) -> int | None:
        """The broker acknowledged that id: the number of the reading, if it is known to be one."""
        with self._lock:
            self._count -= 1
            if message not in self._readings:
                self._early.add(message)  # faster than the thread that sent it
                return None
            return self._readings.pop(message)
