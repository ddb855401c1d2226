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
_STEPS = [
    parse_ms(step)
    for step in "1s 2s 5s 10s 15s 30s 1m 2m 5m 10m 15m 30m 1h 2h 3h 6h 12h 1d 2d 7d 14d 30d".split()
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


def said(milliseconds: int, place: ZoneInfo) -> str:
    """`23 Nov 2026, 14:08:38` in that zone."""
    return from_ms(milliseconds).astimezone(place).strftime("%-d %b %Y, %H:%M:%S")
