"""A child that runs only while something is switched on for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from perfwatch.admin.brokers import Say
from perfwatch.admin.child import Child
from perfwatch.changes import Changes

# It still answers who switched it off.
_LAST_WORDS_SECONDS = 1.0


async def keep_while(
    child: Child,
    wanted: Callable[[], bool],
    keep: Callable[[Child], Awaitable[None]],
    say: Say,
    changes: Changes,
) -> None:
    """Start it when it is wanted, `keep` it running, and end it when it is not wanted any more."""
    keeping: asyncio.Future[None] | None = None
    try:
        async for _ in changes.looks():
            if keeping is None and wanted():
                await _start(child, say)
                keeping = asyncio.ensure_future(keep(child))
            elif keeping is not None and not wanted():
                await asyncio.sleep(_LAST_WORDS_SECONDS)
                keeping.cancel()
                keeping = None
                await child.stop()
                say(f"  {child.name:<10} ended: nothing is switched on")
    finally:
        if keeping is not None:
            keeping.cancel()


async def _start(child: Child, say: Say) -> None:
    if not child.runs:
        await child.start()
        say(f"  {child.name:<10} started: something is switched on")
