"""The SQL by which rows of a time become its mean, minimum, maximum and count."""

from __future__ import annotations


def clamped(mean: str, low: str, high: str) -> str:
    """Rounding may put a mean outside what it is the mean of; a sum past the largest float is NULL."""
    return f"coalesce(min(max({mean}, {low}), {high}), 0.0)"


def begin(length: int) -> str:
    """The start of the stretch of `length` ms that `time` is in.

    Towards the past, as Python rounds: SQLite alone would round times before 1970 towards it.
    """
    return f"time - ((time % {length}) + {length}) % {length}"


OF_READINGS = f"{clamped('avg(value)', 'min(value)', 'max(value)')}, min(value), max(value), count(*)"
OF_ROLLUPS = f"""{clamped("sum(mean * count) / sum(count)", "min(low)", "max(high)")},
    min(low), max(high), sum(count)"""
