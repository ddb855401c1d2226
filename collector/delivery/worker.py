"""A thread that somebody asks about."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread


class Worker:
    """`start`, then `check` now and then: what ended the thread is raised there. `join` waits for its end."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._work = work
        self._error: BaseException | None = None
        # A daemon: a call to a server that never answers must not hold up the end of the process.
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def check(self) -> None:
        """Raises what the work raised, with its traceback."""
        if self._error is not None:
            raise self._error

    def join(self, timeout: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as exc:  # noqa: BLE001  # raised again in whoever asks
            self._error = exc
