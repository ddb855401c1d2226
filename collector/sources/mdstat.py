"""RAID arrays that the kernel keeps: /proc/mdstat, which any user may read and which wakes no disk."""

from __future__ import annotations

import re

from collector.sources.plausible import PERCENT, count, plausible
from perfwatch.readings.core import Array

PATH = "/proc/mdstat"
_HEAD = re.compile(
    r"(\S+) : (active|inactive)(?: \((?:auto-)?read-only\))?(?: ((?:raid|linear|multipath|faulty)\S*))?"
)
_MEMBERS = re.compile(r"\[(\d+)/(\d+)\]")
_WORK = re.compile(r"(resync|recovery|reshape|check|repair)\s*=\s*(?:([\d.]+)%|(\w+))")


def parse(text: str) -> dict[str, Array]:
    """The arrays by name. A line that says nothing of one is passed over."""
    found: dict[str, Array] = {}
    array: Array | None = None
    for line in text.splitlines():
        if head := _HEAD.match(line):
            array = found[head[1]] = Array(state=head[2], level=head[3])
        elif array is not None:
            _tell(array, line)
    return found


def _tell(array: Array, line: str) -> None:
    if members := _MEMBERS.search(line):
        wanted, there = count(members[1]), count(members[2])
        array.disks, array.disks_active = wanted, there
        if wanted is not None and there is not None and there < wanted and array.state == "active":
            array.state = "degraded"
    if work := _WORK.search(line):
        array.work = work[1]
        try:
            array.work_percent = plausible(float(work[2]), PERCENT)
        except (TypeError, ValueError):
            array.work_percent = None  # delayed, or pending
