"""What only ever increases, as a rate too: an energy in kWh as a power in W. No input or output.

How fine a counter counts nobody tells. So its rate is the mean from one change to a later one: of steps of
0.01 kWh, each 10 s would make 0 or 3,600 W.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from devices.values import Value

LEAST_MS = 60_000
# A counter that stands still for so long has a rate of 0.
STILL_MS = 15 * 60_000
# Meters that report each hour have a rate; what was used while a device was away for longer has none.
GAP_MS = 2 * 3_600_000
_MAX_REMEMBERED = 50_000

# In kWh, but starting anew by the calendar, or no counter at all.
_OTHER = re.compile(
    r"(^|_)(today|yesterday|hour|day|daily|week|month|year|period|last|per|price|capacity|storage|stored|remaining)_"
)


class Rate(NamedTuple):
    """The field that a counter's rate is, and what one unit a second is in it."""

    name: str
    factor: float


Counters = Mapping[str, Rate]
"""The fields of a reading that count, and their rates."""


@lru_cache(10_000)
def rate_of(field: str) -> Rate:
    """kWh are shown as W, bytes by the second, and what has no unit of ours (litres, mm) by the hour."""
    if field.endswith("_kwh"):
        return Rate(f"{field.removesuffix('_kwh')}_watts", 3.6e6)
    return Rate(f"{field}_per_sec", 1) if field.endswith("_bytes") else Rate(f"{field}_per_hour", 3600)


def by_name(fields: Mapping[str, Value]) -> Counters:
    """Those that count by what they are called, where the device does not say."""
    return {name: rate_of(name) for name in fields if name.endswith("_kwh") and not _OTHER.search(name)}


class _Mark(Struct, gc=False):
    """Where a rate is measured from; what the counter was last, and when (ms); and the most that it was."""

    value: float
    time: int
    last: float
    seen: int
    most: float
    rate: float | None = None

    def follow(self, value: float, time: int) -> None:
        span = time - self.time
        if self._broken(value, time):
            self.value, self.time, self.rate = value, time, None
        elif span >= LEAST_MS and (value > self.value or span >= STILL_MS):
            self.rate = (value - self.value) * 1000 / span
            self.value, self.time = value, time
        self.last, self.seen, self.most = value, time, max(self.most, value)

    def _broken(self, value: float, time: int) -> bool:
        """Whether it was reset, came back from a 0 that a device tells as it starts, or was away."""
        back = self.last < self.most <= value or self.last == 0 < value
        return value < self.last or back or time - self.seen > GAP_MS


class Rates:
    """Adds to readings the rates of what counts in them."""

    def __init__(self) -> None:
        self._marks: dict[tuple[str, str], _Mark] = {}

    def add(self, topic: str, fields: dict[str, Value], counters: Counters, time: int) -> None:
        """`time` is the reading's, in ms since 1970. A rate stands in each reading until there is a newer."""
        for field, rate in counters.items():
            value = fields.get(field)
            if isinstance(value, int | float) and rate.name not in fields:
                found = self._rate((topic, field), value, time)
                if found is not None:
                    fields[rate.name] = float(f"{found * rate.factor:.6g}")

    def _rate(self, place: tuple[str, str], value: float, time: int) -> float | None:
        """In units a second."""
        mark = self._marks.get(place)
        if mark is None:
            if len(self._marks) >= _MAX_REMEMBERED:
                self._marks.clear()
            self._marks[place] = _Mark(value, time, value, time, value)
            return None
        if time > mark.seen:
            mark.follow(value, time)
        return mark.rate
