"""Readings that the broker has not been sent yet, in memory, bounded."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

# A tick of a small machine is 2.4 kB in four readings, so at 5 s this holds three and a half hours.
# A machine with a hundred interfaces has less; none takes more, and the whole stays under 40 MB.
LIMIT_BYTES = 6 * 1024 * 1024


class Waiting(NamedTuple):
    topic: str
    payload: bytes


class Backlog:
    """First in, first out. When it is full the oldest are dropped, and counted."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._waiting: deque[Waiting] = deque()
        self._bytes = 0
        self._dropped = 0
        self._lock = threading.Lock()  # filled by the loop, emptied by the network's thread too

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, topic: str, payload: bytes) -> bool:
        """Put it last. Returns True when this made it drop something for the first time."""
        with self._lock:
            self._waiting.append(Waiting(topic, payload))
            self._bytes += len(payload)
            dropped_before = self._dropped
            while self._bytes > self._limit:
                self._bytes -= len(self._waiting.popleft().payload)
                self._dropped += 1
            return self._dropped > dropped_before == 0

    def take(self) -> Waiting | None:
        """Remove the oldest, or None."""
        with self._lock:
            if not self._waiting:
                return None
            oldest = self._waiting.popleft()
            self._bytes -= len(oldest.payload)
            return oldest

    def forget_dropped(self) -> int:
        """How many were dropped since the last call."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
            return dropped
