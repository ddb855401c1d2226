"""What a process has cost so far, as Linux counts it."""

from __future__ import annotations

import time
from pathlib import Path

_CPUCLOCK_SCHED = 2


def processor_seconds(pid: int) -> float:
    """Processor time of all its threads, those that have ended too, in nanoseconds' precision.

    Its own clock, as clock_getcpuclockid(3) names it: the clock ticks of /proc/<pid>/stat are longer
    than a light collector works in several of its ticks.
    """
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)


def resident_megabytes(pid: int) -> float:
    """Memory of the process that is in RAM, shared libraries included, in MiB."""
    return _megabytes(pid, "VmRSS")


def proportional_megabytes(pid: int) -> float:
    """As `resident_megabytes`, but of what others share its part only: what the machine has less by it."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def peak_megabytes(pid: int) -> float:
    """The most that it has had in RAM so far."""
    return _megabytes(pid, "VmHWM")


def _megabytes(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
