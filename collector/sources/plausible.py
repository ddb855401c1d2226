"""What a machine can have. A number outside of that is a fault of whoever told it, and becomes None."""

from __future__ import annotations

from typing import Final, TypeAlias, TypeVar

N = TypeVar("N", int, float)

Limits: TypeAlias = tuple[float, float]
"""The lowest and the highest."""

CELSIUS: Final[Limits] = (-55, 250)
RPM: Final[Limits] = (0, 65_534)
"""65,535 is what sixteen bits say that nobody has set."""
PERCENT: Final[Limits] = (0, 100)
"""Of shares of a whole. A process that runs on several cores may have more."""
COUNT: Final[Limits] = (0, 2**63 - 1)
"""Beyond are negative numbers that somebody took for positive ones: 2^64 − n."""
RATE: Final[Limits] = (0, 1e13)
"""Bytes, operations or nanoseconds a second: more than any network, or 10,000 cores."""
MEGAHERTZ: Final[Limits] = (1, 20_000)
"""Of a core, which runs."""
CLOCK: Final[Limits] = (0, 50_000)
"""MHz of a graphics processor, which may rest, or of its memory."""
WEAR: Final[Limits] = (0, 255)
"""Percent of the writes that an NVMe disk was made for, which it may go beyond."""
UPTIME: Final[Limits] = (0, 100 * 365 * 86400)
"""Seconds."""
CORE: Final[Limits] = (0, 8191)
"""The kernel's number of a core: it can be built for 8,192."""
SIGNAL: Final[Limits] = (-120, -1)
"""dBm."""
WATTS: Final[Limits] = (0, 10_000)


def plausible(number: N | None, limits: Limits) -> N | None:
    """`number` when it is within both limits. NaN is not."""
    low, high = limits
    return number if number is not None and low <= number <= high else None


def integer(text: str | bytes) -> int:
    """A whole number as the kernel writes it. Raises ValueError for what is none, or has over 64 bits."""
    number = int(text)
    if abs(number) >= 2**64:
        raise ValueError(f"{text[:20]!r}… is no number of the kernel's")
    return number


def count(text: str | bytes) -> int | None:
    """A counter as the kernel writes it; None for what is no number of things."""
    try:
        return plausible(int(text), COUNT)
    except ValueError:
        return None


def times(number: int | None, unit: int) -> int | None:
    """So many units; None when no machine has that much."""
    return None if number is None else plausible(number * unit, COUNT)


def at_most(part: int | None, whole: int | None) -> int | None:
    """`part` unless it is more than the whole."""
    return part if part is not None and whole is not None and part <= whole else None
