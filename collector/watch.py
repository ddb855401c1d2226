"""Ticks between the ticks, for as long as somebody looks at this host."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from copy import copy
from functools import partial

from collector.schedule import Schedule
from collector.sources.apart import tell
from collector.sources.source import Source, Tick
from perfwatch.readings import codec

INTERVAL = 1.0
"""Seconds between two ticks while somebody looks."""

# What moves within a second and costs little to read. Asking some thermometers and disks takes longer.
CLOSELY = ("cpu", "memory", "network", "disk", "memory_bandwidth", "gpu", "pressure", "processes")
# Of a wish that does not say how long it is for.
_UNSAID_SECONDS = 15.0


class Watch:
    """`hear` is for the network's thread, `tick` for the loop's.

    Each source is copied, so that a regular reading is still of all the time since the last regular one.
    What may keep a thread, and what is missing and has been said, the two have in common.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        publish: Callable[[str, bytes], None],
        rouse: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sources = sources
        self._publish = publish
        self._rouse = rouse
        self._clock = clock
        self._until = -math.inf
        self._schedule: Schedule | None = None
        self._copies: dict[str, Source] = {}

    def hear(self, _payload: bytes, expiry: float | None) -> None:
        """Somebody looks for so many seconds from now. Of several the longest counts."""
        self._until = max(self._until, self._clock() + (_UNSAID_SECONDS if expiry is None else expiry))
        self._rouse()

    def tick(self, tick: Tick, regular: Schedule) -> float:
        """Take a tick when it is due. Returns when the next one is, on the monotonic clock."""
        now = tick.monotonic
        if now >= self._until or regular.interval <= INTERVAL:
            self._schedule, self._copies = None, {}
            return math.inf
        if self._schedule is None:
            # In step with the regular ones: where both are due they are one tick.
            self._schedule = Schedule(regular.due - math.ceil(regular.due - now), INTERVAL)
            self._schedule.advance(now)
            self._copies = {source.name: copy(source) for source in self._closely()}
        elif now >= self._schedule.due:
            self._gather(tick)
            self._schedule.advance(self._clock())
        return self._schedule.due

    def _closely(self) -> list[Source]:
        return [source for source in self._sources if source.name in CLOSELY]

    def _gather(self, tick: Tick) -> None:
        """What fails is left out: the regular tick says why."""
        for source in self._closely():
            own = self._copies[source.name] = self._copies.get(source.name) or copy(source)
            if (payload := tell(partial(_encoded, own, tick)).answer) is not None:
                self._publish(source.name, payload)


def _encoded(source: Source, tick: Tick) -> bytes | None:
    reading = source.gather(tick)
    return None if reading is None else codec.encode(reading)
