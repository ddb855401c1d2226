"""Numbers of processor cores, as people and the kernel write them: `0-3,6`."""

from __future__ import annotations

import os
import re

from collector.sources.source import ReadText, read_text

_ONLINE = "/sys/devices/system/cpu/online"
# ASCII and four digits: what perf takes, and nobody gets us to count to a billion.
_LIST = re.compile(r"[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*")


def parse(text: str) -> frozenset[int]:
    """The cores in `0-3,6`. Raises ValueError."""
    if not _LIST.fullmatch(text):
        raise ValueError(f"{text!r} is not a list of cores like 0-3,6")
    cores: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        low, high = int(first), int(last or first)
        if high < low:
            raise ValueError(f"{part!r} ends before it begins")
        cores.update(range(low, high + 1))
    return frozenset(cores)


def online(read: ReadText = read_text) -> frozenset[int]:
    """The cores of this machine that are switched on."""
    try:
        return parse(read(_ONLINE).strip())
    except (FileNotFoundError, ValueError):
        return frozenset(range(os.cpu_count() or 1))  # not Linux, or hidden


def shown(cores: frozenset[int]) -> str:
    """The shortest way to write them: `0-3,6`."""
    starts = sorted(core for core in cores if core - 1 not in cores)
    ends = sorted(core for core in cores if core + 1 not in cores)
    return ",".join(
        str(low) if low == high else f"{low}-{high}" for low, high in zip(starts, ends, strict=True)
    )
