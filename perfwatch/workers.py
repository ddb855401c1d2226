"""A few threads of one purpose for work that may block, with a deadline, and never waited for at the end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Condition, Thread
from typing import Any, TypeAlias, TypeVar, TypeVarTuple

Given = TypeVarTuple("Given")
T = TypeVar("T")
_Job: TypeAlias = tuple[Future[Any], Callable[[], Any]]


class Workers:
    """At most `threads` threads, started as they are needed; further work waits in a queue.

    They are daemons, because the threads of concurrent.futures are joined when the process ends: one that
    is stuck in a call to a server that never answers would hold it up.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._most = threads
        self._started = 0
        self._closed = False
        self._queue: deque[_Job] = deque()
        self._changed = Condition()

    async def run(self, work: Callable[[*Given], T], *given: *Given, deadline: float | None = None) -> T:
        """What `work(*given)` returns or raises, done by one of the threads.

        Raises TimeoutError when `deadline` seconds have passed, those in the queue included. Work that nobody
        waits for any more never begins; if it has begun, what becomes of it is told to nobody.
        """
        future: Future[T] = Future()
        job = (future, lambda: work(*given))
        self._add(job)
        try:
            async with asyncio.timeout(deadline):
                return await asyncio.wrap_future(future)
        finally:
            with self._changed, suppress(ValueError):
                self._queue.remove(job)

    def close(self) -> None:
        """Cancel what is in the queue and let the threads end; one that is stuck is left behind."""
        with self._changed:
            self._closed = True
            for future, _ in self._queue:
                future.cancel()
            self._changed.notify_all()

    def _add(self, job: _Job) -> None:
        with self._changed:
            if self._closed:
                raise RuntimeError(f"The threads for {self._name} are closed")
            if self._started < self._most:
                Thread(target=self._work, name=f"{self._name} {self._started}", daemon=True).start()
                self._started += 1
            self._queue.append(job)
            self._changed.notify()

    def _work(self) -> None:
        while job := self._next():
            future, work = job
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as exc:  # noqa: BLE001  # raised again in whoever waits
                    future.set_exception(exc)
            del job, future, work  # what they hold may be large, and the next long in coming

    def _next(self) -> _Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            return None if self._closed else self._queue.popleft()
