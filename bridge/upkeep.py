"""The history's upkeep beside the writing: rollups of closed hours, and what the policy removes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from perfwatch.errors import StoreError, Unsupported
from perfwatch.history.pacing import paced
from perfwatch.history.rollup import upkeep
from perfwatch.history.store import HistoryStore, TieredStore

# How soon a policy that was changed elsewhere is followed.
EVERY_SECONDS = 60.0

_log = logging.getLogger(__name__)


@asynccontextmanager
async def kept_up(store: HistoryStore) -> AsyncIterator[None]:
    """Look after `store` each minute for as long as the block runs, where that is ours to do."""
    if not isinstance(store, TieredStore):
        yield
        return
    looking_after = asyncio.create_task(_look_after(store))
    try:
        yield
    finally:
        looking_after.cancel()
        await asyncio.gather(looking_after, return_exceptions=True)


async def _look_after(store: TieredStore) -> None:
    failing = False
    while True:
        try:
            await _once(store)
        except Unsupported as exc:
            _log.info("%s", exc)
            return
        except StoreError as exc:
            if not failing:
                _log.warning("%s; old readings stay until it can be used again", exc)
            failing = True
        else:
            failing = False
        await asyncio.sleep(EVERY_SECONDS)


async def _once(store: TieredStore) -> None:
    policy = await asyncio.to_thread(store.policy)
    done = await paced(upkeep(store, policy, time.time_ns() // 1_000_000), store.rest)
    if any(done):
        _log.info(
            "upkeep: %d numbers rolled up; %d raw numbers and %d rollups removed",
            *(done.rolled_up, done.raw, done.rollups),
        )
