"""The history's upkeep beside the writing: rollups of closed hours, and what the policy removes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable

from perfwatch.errors import PartialWrite, StoreError, Unsupported
from perfwatch.history.pacing import paced
from perfwatch.history.rollup import upkeep
from perfwatch.history.store import HistoryStore, TieredStore
from perfwatch.workers import Workers

# How soon a policy that was changed elsewhere is followed.
EVERY_SECONDS = 60.0

# How many different refusals of a round are named.
NAMED = 20

_log = logging.getLogger(__name__)


async def look_after(store: HistoryStore, ours: Callable[[], bool] = lambda: True) -> None:
    """Look after `store` each minute until cancelled, whenever that is `ours` to do.

    A store that cannot be used is said, once for each reason, and tried again; what nobody foresaw is raised.
    """
    if not isinstance(store, TieredStore):
        return
    workers, failing = Workers("upkeep", 1), ""
    while True:
        try:
            if ours():
                await _once(store, workers)
                failing = ""
        except Unsupported as exc:
            _log.info("%s", exc)
            return
        except PartialWrite as exc:
            _log.warning("%s; all other rollups are made", exc)
            refused = Counter(exc.refused)
            for sentence, times in refused.most_common(NAMED if len(refused) > 1 else 0):
                _log.warning("%d refused: %s", times, sentence)
        except StoreError as exc:
            if str(exc) != failing:
                _log.warning("%s; old readings stay until it works again", exc)
            failing = str(exc)
        await asyncio.sleep(EVERY_SECONDS)


async def _once(store: TieredStore, workers: Workers) -> None:
    policy = await workers.run(store.policy)
    done = await paced(workers, upkeep(store, policy, time.time_ns() // 1_000_000), store.rest)
    if any(done):
        _log.info(
            "upkeep: %d numbers rolled up; %d raw numbers and %d rollups removed",
            *(done.rolled_up, done.raw, done.rollups),
        )
