"""A thread that somebody asks about."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from types import TracebackType


class Worker:
    """`start`, then `check` now and then: what ended the thread is raised there."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._trace: TracebackType | None = None
        # A daemon: a call to a server that never answers must not hold up the end of the process.
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def check(self) -> None:
        """Raises what the work raised, as it was raised there."""
        if self._error is not None:
            raise self._error.with_traceback(self._trace)

    def join(self, timeout: float) -> bool:
        """Wait for its end, for at most `timeout` seconds; returns whether it has come."""
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as exc:  # noqa: BLE001  # raised again in whoever asks
            self._error, self._trace = exc, exc.__traceback__
