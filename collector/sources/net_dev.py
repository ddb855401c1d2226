"""What each network interface has moved since it came: /proc/net/dev, and psutil where there is none."""

from __future__ import annotations

from typing import NamedTuple

import psutil

from collector.sources.plausible import count
from collector.sources.source import read_text
from collector.sources.text import named


class Traffic(NamedTuple):
    """Since the interface came. What is not counted is None."""

    bytes_recv: int | None
    packets_recv: int | None
    errors_in: int | None
    drops_in: int | None
    bytes_sent: int | None
    packets_sent: int | None
    errors_out: int | None
    drops_out: int | None


class Interfaces(NamedTuple):
    """`errors` has the lines that cannot be read, by the interface that they are about."""

    traffic: dict[str, Traffic]
    errors: dict[str, Exception]


def read() -> Interfaces:
    """Those of this network namespace. Raises OSError."""
    if psutil.LINUX:
        return parse(read_text("/proc/net/dev"))
    # psutil would hide a counter that wrapped or was reset; a rate across that is not known.
    rows = psutil.net_io_counters(pernic=True, nowrap=False)
    return Interfaces(named((name, of_psutil(row)) for name, row in rows.items()), {})


def parse(text: str) -> Interfaces:
    """The text of /proc/net/dev: a name, which may hold colons, and sixteen numbers."""
    rows, errors = list[tuple[str, Traffic]](), dict[str, Exception]()
    for line in text.split("\n"):
        name, colon, rest = line.rpartition(":")
        numbers = rest.split()
        if not colon:
            continue  # the head of the table
        if len(numbers) < 12:
            errors[name.strip()] = ValueError(f"/proc/net/dev has the line {line.strip()!r}")
            continue
        rows.append((name.strip(), Traffic(*map(count, (*numbers[:4], *numbers[8:12])))))
    return Interfaces(named(rows), errors)


def of_psutil(row: object) -> Traffic:
    """A Mac's, where psutil has a constant 0 for the packets that were dropped on their way out."""

    def told(field: str) -> int | None:
        return getattr(row, field, None)

    return Traffic(
        bytes_recv=told("bytes_recv"),
        packets_recv=told("packets_recv"),
        errors_in=told("errin"),
        drops_in=told("dropin"),
        bytes_sent=told("bytes_sent"),
        packets_sent=told("packets_sent"),
        errors_out=told("errout"),
        drops_out=None,
    )
