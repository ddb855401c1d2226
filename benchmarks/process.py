"""What a process has cost so far, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Processor time of all its threads, in nanoseconds' precision where the kernel keeps it so.

    A light collector uses less than one of the clock ticks of /proc/<pid>/stat in a tick of its own.
    """
    try:
        tasks = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except FileNotFoundError:
        tasks = []
    return sum(int(text.split()[0]) for text in tasks) / 1e9 if tasks else _clock_seconds(pid)


def _clock_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def resident_megabytes(pid: int) -> float:
    """Memory of the process that is in RAM, shared libraries included, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
