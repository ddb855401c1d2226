"""The word to stop, given by a signal and waited for by the loop."""

from __future__ import annotations

import queue
import signal
from types import FrameType


class Stop:
    """A flag to wait for. Unlike threading.Event, a signal may set it while its own thread waits.

    Event.set takes a lock that the interrupted Event.wait may hold; SimpleQueue.put is reentrant.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        self._asked.put(None)

    def wait(self, seconds: float) -> bool:
        """Whether it was set within that time, or before. Zero and less only looks."""
        try:
            self._asked.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return False
        self._asked.put(None)
        return True

    def on_signals(self) -> None:
        """Let SIGTERM, SIGINT and SIGHUP set it. Call this in the main thread."""

        def told(_number: int, _frame: FrameType | None) -> None:
            self.set()

        signal.signal(signal.SIGTERM, told)
        signal.signal(signal.SIGINT, told)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants us to stay
            signal.signal(signal.SIGHUP, told)
