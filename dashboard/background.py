"""The work beside the requests: what follows the broker, and what keeps an eye on the history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

# What the work may take to end when it is told to, in seconds.
ENDING_SECONDS = 2.0

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Background:
    """Runs `works`, each of which goes on without end. When one fails nothing here is true any more.

    Then `failure` is why, and `stop` is called: the process ends with it, and is started again.
    """

    def __init__(self) -> None:
        self.works: Sequence[Work] = ()
        self.failure: BaseException | None = None
        self.stop: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The work goes on for as long as the block does."""
        owner = asyncio.create_task(self._run())
        owner.add_done_callback(self._ended)
        try:
            yield
        finally:
            owner.cancel()
            await asyncio.wait({owner}, timeout=ENDING_SECONDS)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for work in self.works:
                group.create_task(work())

    def _ended(self, owner: asyncio.Task[None]) -> None:
        if not owner.cancelled() and (error := owner.exception()):
            self.failure = error
            self.stop()
