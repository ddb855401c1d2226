"""What one connection has sent and the broker has not acknowledged."""

from __future__ import annotations

import threading
from typing import NamedTuple


class Sent(NamedTuple):
    """A message of `size` bytes; `reading` is its number in the outbox, if it is one."""

    topic: str
    size: int
    reading: int | None = None


class Inflight:
    """Places for `window` messages. A message is counted before it is sent, and known by its id after."""

    def __init__(self, window: int) -> None:
        self.window = window
        self._count = 0
        self._sent: dict[int, Sent] = {}
        self._early: dict[int, str] = {}
        self._lock = threading.Lock()  # never held while paho is called: paho calls us with its own

    @property
    def full(self) -> bool:
        return self._count >= self.window

    @property
    def largest(self) -> Sent | None:
        """Of those that are not acknowledged."""
        with self._lock:
            return max(self._sent.values(), key=lambda sent: sent.size, default=None)

    def take_off(self) -> None:
        """One more is about to be sent."""
        with self._lock:
            self._count += 1

    def sent(self, message: int, what: Sent) -> str | None:
        """It has that id. The broker's answer, when that was here already."""
        with self._lock:
            if message in self._early:
                return self._early.pop(message)
            self._sent[message] = what
            return None

    def land(self, message: int, refusal: str) -> Sent | None:
        """The broker took it, if `refusal` is empty, or did not: what it is, if that is known yet."""
        with self._lock:
            self._count -= 1
            if message not in self._sent:
                self._early[message] = refusal  # faster than the thread that sent it
                return None
            return self._sent.pop(message)
