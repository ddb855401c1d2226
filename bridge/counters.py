"""What the bridge says about its own work, on `<prefix>-bridge/<id>/stats`."""

from __future__ import annotations

import time

from msgspec import Struct

from bridge.batch import Batch
from perfwatch.mqtt.client import Message


class Counters(Struct):
    """Counted since the start; a message that the broker sends again is counted again.

    `written` readings are in the store, `waiting` ones are received and neither there nor in the
    spool. `points` are numbers stored, `refused` those that the store will never take. `lag_ms` is how old
    the newest reading of the last batch was once it was stored (null before the first).
    """

    received: int = 0
    written: int = 0
    rejected: int = 0
    refused: int = 0
    points: int = 0
    waiting: int = 0
    lag_ms: int | None = None

    def stored(self, batch: Batch[Message]) -> None:
        self.written += batch.readings
        if batch.taken:
            self.lag_ms = time.time_ns() // 1_000_000 - batch.newest


class Stats(Struct, kw_only=True):
    """What is published: the counters beside what the spool holds and what became of it.

    `spooled` readings wait in `spool_bytes` on disk, the first of them for `spool_age_seconds` (null when
    none does). `expired` readings waited for too long; `damaged` places of the spool cannot be read.
    `left_out` numbers belong to no series that their host may have; `full_hosts` are the first such hosts.
    """

    timestamp: str
    version: str
    uptime_seconds: int
    group: str
    received: int
    written: int
    rejected: int
    refused: int
    points: int
    waiting: int
    lag_ms: int | None
    store_away: bool
    spooled: int
    spool_bytes: int
    spool_age_seconds: int | None
    expired: int
    damaged: int
    left_out: int = 0
    full_hosts: list[str] = []
