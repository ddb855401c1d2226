"""Processes: how many, in which state, and which take the most. Names only, never command lines."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from heapq import nlargest
from typing import NamedTuple

from msgspec.structs import replace

from collector.sources.parts import Missing
from collector.sources.plausible import count, plausible, times
from collector.sources.source import Absent, Tick
from perfwatch.readings import optional as readings

TOP = 5
# A scan of many thousand processes takes long; it is then made less often than each tick, so that it
# never takes more than this share of a core.
SHARE = 0.001

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STAT_BYTES = 1024  # a line is 350 bytes at most
_THREADS = (0, 2**22)  # the kernel's PID_MAX_LIMIT
_PF_KTHREAD = 0x00200000  # linux/sched.h


_HIDDEN = (
    "their processes are hidden: /proc is mounted with hidepid; its option gid=<group> names a group "
    "that sees them (`perfwatch collector install-service --group <group>`)"
)


class Process(NamedTuple):
    """One line of /proc/<pid>/stat. Times are in clock ticks, since boot for `started`."""

    name: str
    state: str
    kernel: bool
    spent: int
    threads: int
    started: int
    resident_pages: int


class Processes:
    """Processor shares are of the time since the last scan, so the first one has none."""

    name = "processes"
    quick = True

    def __init__(
        self,
        root: str = "/proc",
        share: float = SHARE,
        cost_clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._root = root
        self._share = share
        self._cost_clock = cost_clock
        self._before: Mapping[int, Process] | None = None
        self._at = 0.0
        self._rest = 0.0
        self._last: readings.Processes | None = None
        self._missing = Missing("processes")

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> readings.Processes:
        if self._last is not None and tick.monotonic - self._at < self._rest:
            return replace(self._last, timestamp=tick.timestamp)
        began = self._cost_clock()
        found = dict(scan(self._root))
        if not found:
            raise Absent("it has no processes under /proc")
        # Number 1 is always there; who does not see it does not see the others' processes either.
        self._missing.note({} if 1 in found else {"other users": PermissionError(_HIDDEN)})
        self._last = (
            self._reading(tick, found) if 1 in found else readings.Processes(timestamp=tick.timestamp)
        )
        self._before, self._at = found, tick.monotonic
        self._rest = (self._cost_clock() - began) / self._share
        return self._last

    def _reading(self, tick: Tick, found: Mapping[int, Process]) -> readings.Processes:
        states = [process.state for process in found.values()]
        return readings.Processes(
            timestamp=tick.timestamp,
            count=len(states),
            threads=sum(process.threads for process in found.values()),
            running=states.count("R"),
            blocked=states.count("D"),
            zombies=states.count("Z"),
            top=top(by_name(self._before, found, tick.monotonic - self._at)),
        )


def scan(root: str) -> Iterator[tuple[int, Process]]:
    """All processes, by number. Raises OSError when there is no such folder."""
    try:
        names = os.listdir(root)  # noqa: PTH208  # a Path for each of thousands would cost more than reading it
    except FileNotFoundError:
        return
    for name in names:
        if name.isdecimal():
            try:
                yield int(name), parse(_line(f"{root}/{name}/stat"))
            except (OSError, ValueError, IndexError):
                continue  # it has ended since it was listed, is not ours to see, or is told in other words


def _line(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, _STAT_BYTES)
    finally:
        os.close(file)


def parse(line: bytes) -> Process:
    """A line of /proc/<pid>/stat, whose name may hold anything. Raises ValueError, IndexError."""
    opening, closing = line.index(b"("), line.rindex(b")")
    fields = line[closing + 2 :].split()
    return Process(
        name=line[opening + 1 : closing].decode("utf-8", "replace"),
        state=fields[0].decode("ascii"),
        kernel=bool(int(fields[6]) & _PF_KTHREAD),
        spent=_told(fields[11]) + _told(fields[12]),
        threads=plausible(_told(fields[17]), _THREADS) or 0,
        started=_told(fields[19]),
        resident_pages=_told(fields[21]),
    )


def _told(field: bytes) -> int:
    """A moment below zero, as its counters of one kind may be, is none."""
    return count(field) or 0


def by_name(
    before: Mapping[int, Process] | None, found: Mapping[int, Process], seconds: float
) -> dict[str, readings.TopProcess]:
    """What all processes of one name take together."""
    counts: dict[str, int] = {}
    pages: dict[str, int] = {}
    spent: dict[str, int] = {}
    for number, process in found.items():
        name = shown(process)
        counts[name] = counts.get(name, 0) + 1
        pages[name] = pages.get(name, 0) + process.resident_pages
        spent[name] = spent.get(name, 0) + _spent(before or {}, number, process)
    known = before is not None and seconds > 0
    return {
        name: readings.TopProcess(
            processes=count,
            cpu_percent=round(100 * spent[name] / _TICKS_PER_SECOND / seconds, 2) if known else None,
            memory_bytes=times(pages[name], _PAGE_BYTES),
        )
        for name, count in counts.items()
    }


def _spent(before: Mapping[int, Process], number: int, process: Process) -> int:
    """Clock ticks since the last scan. A process that was not there then has spent all its time since."""
    earlier = before.get(number)
    if earlier is None or earlier.started != process.started:
        return process.spent
    return max(0, process.spent - earlier.spent)


def shown(process: Process) -> str:
    """The name to count a process under: kernel threads are numbered, and would each be their own."""
    if process.kernel:
        return process.name.partition("/")[0].partition(":")[0] or "?"
    return process.name or "?"


def top(names: Mapping[str, readings.TopProcess]) -> dict[str, readings.TopProcess]:
    """Those highest by processor and those highest by memory, in this order, of those that take any."""
    busy = [row for row in names.items() if row[1].cpu_percent]
    large = [row for row in names.items() if row[1].memory_bytes]
    busiest = nlargest(TOP, busy, key=lambda row: row[1].cpu_percent or 0.0)
    largest = nlargest(TOP, large, key=lambda row: row[1].memory_bytes or 0)
    return dict(busiest) | dict(largest)
