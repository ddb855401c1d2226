"""Where rows stand in their tables: each key is a whole number that begins with a time. No input or output.

So every table grows at its end, what belongs to one moment lies together, and what is too old comes first.
"""

from __future__ import annotations

from perfwatch.history.rollup import HOUR

_SERIES_BITS = 32
# So many rows of one millisecond, and times of more than 2,200 years before and after 1970.
_ROW_BITS = 17
TIMES = range(-1 << 63 - _ROW_BITS, 1 << 63 - _ROW_BITS)
_FIRST, _LAST = -1 << 63, (1 << 63) - 1


def key(time: int, series: int, period: int = HOUR) -> int:
    """Of what a series has in the period (ms) that `time` is in."""
    return _bounded((time // period << _SERIES_BITS) + series)


def keys(start: int, stop: int, period: int = HOUR) -> tuple[int, int]:
    """The first key of the periods that start ≤ time < stop touches, and the first one after them."""
    return key(start, 0, period), key(stop + period - 1, 0, period)


def series_of(found: int) -> int:
    return found & (1 << _SERIES_BITS) - 1


def time_of(found: int, period: int = HOUR) -> int:
    """The start of its period."""
    return (found >> _SERIES_BITS) * period


def row(time: int) -> int:
    """The first row of the tail that can have that time (ms)."""
    return _bounded(time << _ROW_BITS)


def time_of_row(found: int) -> int:
    return found >> _ROW_BITS


def _bounded(found: int) -> int:
    """Questions may be about any time; SQLite has whole numbers of 64 bits."""
    return min(max(found, _FIRST), _LAST)
