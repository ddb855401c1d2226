"""The word to stop, given by a signal and waited for by the loop, which may also be roused."""

from __future__ import annotations

import queue
import signal
from types import FrameType


class Stop:
    """A flag to wait for. Unlike threading.Event, a signal may set it while its own thread waits.

    Event.set takes a lock that the interrupted Event.wait may hold; SimpleQueue.put is reentrant.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def set(self) -> None:
        self._asked.put(True)

    def rouse(self) -> None:
        """End this wait or the next one early, without setting it. Any thread may do so."""
        self._asked.put(False)

    def wait(self, seconds: float) -> bool:
        """Whether it was set within that time, or before. Zero and less only looks."""
        try:
            told = self._asked.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return False
        if told:
            self._asked.put(True)
        return told

    def on_signals(self) -> None:
        """Let SIGTERM, SIGINT and SIGHUP set it. Call this in the main thread."""

        def told(_number: int, _frame: FrameType | None) -> None:
            self.set()

        signal.signal(signal.SIGTERM, told)
        signal.signal(signal.SIGINT, told)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup wants us to stay
            signal.signal(signal.SIGHUP, told)
