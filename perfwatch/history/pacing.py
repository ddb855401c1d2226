"""Upkeep beside live writing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from perfwatch.history.rollup import total
from perfwatch.history.store import Work
from perfwatch.workers import Workers


async def paced(workers: Workers, steps: Iterator[Work], rest: float) -> Work:
    """Do `steps` one by one in a thread of `workers`; returns what they did together.

    Each is followed by a rest of so many times its length, which is the store's to say. Raises StoreError
    as the steps do. Cancelled, it stops after the step that runs.
    """
    done = Work()
    while True:
        began = time.monotonic()
        step = await workers.run(next, steps, None)
        if step is None:
            return done
        done = total((done, step))
        await asyncio.sleep(rest * (time.monotonic() - began))
