"""Upkeep beside live writing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from perfwatch.history.rollup import total
from perfwatch.history.store import Work

# A step is followed by a rest of so many times its length: SQLite does not queue writers, and one in
# another process tries again only now and then, so most moments must be free.
REST = 3


async def paced(steps: Iterator[Work]) -> Work:
    """Do `steps` one by one in a thread, with rests between them; returns what they did together.

    Raises StoreError as the steps do. Cancelled, it stops after the step that runs.
    """
    done = Work()
    while True:
        began = time.monotonic()
        step = await asyncio.to_thread(next, steps, None)
        if step is None:
            return done
        done = total((done, step))
        await asyncio.sleep(REST * (time.monotonic() - began))
