"""Upkeep beside live writing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias

from perfwatch.history.rollup import total
from perfwatch.history.store import Work

# Does some work in a thread, such as `Workers.run`.
Run: TypeAlias = Callable[..., Awaitable[Any]]


async def paced(steps: Iterator[Work], rest: float, run: Run = asyncio.to_thread) -> Work:
    """Do `steps` one by one in a thread; returns what they did together.

    Each is followed by a rest of so many times its length, which is the store's to say. Raises StoreError
    as the steps do. Cancelled, it stops after the step that runs.
    """
    done = Work()
    while True:
        began = time.monotonic()
        step: Work | None = await run(next, steps, None)
        if step is None:
            return done
        done = total((done, step))
        await asyncio.sleep(rest * (time.monotonic() - began))
