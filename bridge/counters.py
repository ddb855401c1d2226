"""What the bridge says about its own work, on `<prefix>-bridge/<id>/stats`."""

from __future__ import annotations

import time

from msgspec import Struct

from bridge.batch import Batch
from bridge.mqtt import Message


class Counters(Struct):
    """Counted since the start; a message that the broker sends again is counted again.

    `waiting` readings are received and not yet stored. `lag_ms` is how old the newest reading of the
    last batch was once it was stored (null before the first).
    """

    received: int = 0
    written: int = 0
    rejected: int = 0
    points: int = 0
    waiting: int = 0
    lag_ms: int | None = None

    def stored(self, batch: Batch[Message], numbers: int) -> None:
        self.written += batch.readings
        self.waiting -= batch.readings
        self.points += numbers
        if batch.points:
            newest = max(point.time for point in batch.points)
            self.lag_ms = time.time_ns() // 1_000_000 - newest
