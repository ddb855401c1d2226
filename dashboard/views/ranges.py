"""The stretch of time that a page looks at, in milliseconds since 1970."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from perfwatch.durations import parse_ms
from perfwatch.readings import from_ms, to_ms

CUSTOM = "custom"
DEFAULT = "1h"
RANGES = {
    "15m": "15 min",
    "1h": "1 hour",
    "6h": "6 hours",
    "24h": "24 hours",
    "7d": "7 days",
    "30d": "30 days",
    CUSTOM: "Custom",
}

MOST_POINTS = 300
_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
_STEPS = [
    *(count * _SECOND for count in (1, 2, 5, 10, 15, 30)),
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 6, 12)),
    *(count * _DAY for count in (1, 2, 7, 14, 30)),
]


class Range(NamedTuple):
    """start ≤ time < stop."""

    start: int
    stop: int

    @property
    def interval(self) -> int:
        """The shortest round bucket that gives a line at most MOST_POINTS points."""
        span = self.stop - self.start
        return next((step for step in _STEPS if span <= step * MOST_POINTS), _STEPS[-1])


def recent(name: str, now: datetime) -> Range:
    """The last `name` (15m, 1h, …) before `now`."""
    stop = to_ms(now)
    return Range(stop - parse_ms(name), stop)


def between(start: datetime, stop: datetime) -> Range | None:
    """The range from `start` to `stop`; None when it has no length."""
    chosen = Range(to_ms(start), to_ms(stop))
    return chosen if chosen.start < chosen.stop else None


def zone(name: str | None) -> ZoneInfo:
    """The browser's time zone; UTC when it does not say or this machine does not know it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def read_time(text: str | None) -> datetime | None:
    """A time as a link carries it (RFC 3339); None when it is no such time."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def words(milliseconds: int) -> str:
    """A bucket's length: `15 s`, `5 min`, `1 h`."""
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if milliseconds % unit == 0:
            return f"{milliseconds // unit} {name}"
    return f"{milliseconds / _SECOND:g} s"


def said(milliseconds: int, place: ZoneInfo) -> str:
    """`23 Nov 2026, 14:08:38` in that zone."""
    return from_ms(milliseconds).astimezone(place).strftime("%-d %b %Y, %H:%M:%S")
