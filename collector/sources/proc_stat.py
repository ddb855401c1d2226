"""What the processors have done since the machine was started: /proc/stat, and psutil where there is none."""

from __future__ import annotations

import os
from typing import NamedTuple

import psutil

from collector.sources.plausible import CORE, count, plausible
from collector.sources.source import read_text

FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
"""Guest time is not among them: the kernel has counted it in `user` and `nice` already."""

Times = tuple[float | None, ...]
"""Seconds in each of `FIELDS`. What the system does not count is None."""

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Stat(NamedTuple):
    """`cores` are by the kernel's numbers, and only those that are switched on."""

    whole: Times
    cores: dict[int, Times]
    interrupts: int | None
    context_switches: int | None
    forks: int | None = None


def parse(text: str) -> Stat:
    """The text of /proc/stat. A row that is not as it should be costs that row. Raises ValueError."""
    rows: dict[str, str] = dict(_split(line) for line in text.splitlines() if line[:5] != "intr ")
    if "cpu" not in rows:
        raise ValueError("/proc/stat has no row of all processors")
    found = text.find("\nintr ")  # a row of many kilobytes, of which the first number is the sum
    interrupts = text[found + 6 : found + 30].split(maxsplit=1)[:1] if found >= 0 else []
    return Stat(
        whole=_times(rows["cpu"]),
        cores={
            core: _times(row)
            for name, row in rows.items()
            if name[:3] == "cpu" and (core := plausible(count(name[3:]), CORE)) is not None
        },
        interrupts=count(interrupts[0]) if interrupts else None,
        context_switches=count(rows.get("ctxt", "")),
        forks=count(rows.get("processes", "")),
    )


def _split(line: str) -> tuple[str, str]:
    name, _, rest = line.partition(" ")
    return name, rest


def _times(row: str) -> Times:
    """Kernels before 2.6.11 do not count steal, and emulations less."""
    told = [count(word) for word in row.split()[: len(FIELDS)]]
    seconds = [None if ticks is None else ticks / _TICKS_PER_SECOND for ticks in told]
    return (*seconds, *[None] * (len(FIELDS) - len(seconds)))


def read() -> Stat:
    """This machine's. Raises OSError, ValueError."""
    return parse(read_text("/proc/stat")) if psutil.LINUX else of_psutil()


def of_psutil() -> Stat:
    """A Mac's: its cores are all on, and psutil has them in order."""
    stats = psutil.cpu_stats()
    cores = [_known(times) for times in psutil.cpu_times(percpu=True)]
    return Stat(
        _known(psutil.cpu_times(percpu=False)), dict(enumerate(cores)), stats.interrupts, stats.ctx_switches
    )


def _known(times: object) -> Times:
    return tuple(getattr(times, field, None) for field in FIELDS)
