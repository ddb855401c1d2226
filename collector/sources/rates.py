"""Rates from two readings of a counter, taken at two moments of the monotonic clock."""

from __future__ import annotations

from collector.sources.plausible import PERCENT, RATE, plausible


def change(before: float | None, after: float | None) -> float | None:
    """How far a counter moved; None without two readings, or when it went backwards."""
    if before is None or after is None or after < before:
        return None
    return after - before


def per_second(before: float | None, after: float | None, seconds: float) -> float | None:
    """How fast a counter moved, to three decimals; None as in `change`, and when nothing is so fast."""
    moved = change(before, after)
    if moved is None or seconds <= 0:
        return None
    return plausible(round(moved / seconds, 3), RATE)


def percent(part: float | None, whole: float) -> float | None:
    """`part` as a percentage of `whole`, to two decimals; None when there is no whole, or it is less."""
    if part is None or whole <= 0:
        return None
    return plausible(round(100 * part / whole, 2), PERCENT)


def total(rates: list[float | None]) -> float | None:
    """The sum of rates. None when one of them is unknown, for the sum would be too low, or none is there."""
    known = [rate for rate in rates if rate is not None]
    if not known or len(known) < len(rates):
        return None
    return round(sum(known), 3)
