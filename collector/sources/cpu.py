"""The processors: how busy, how fast, how warm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import psutil

from collector.sources.rates import change, percent
from collector.sources.source import Tick
from collector.sources.temperatures import ByChip, Heat
from perfwatch.readings import core

if TYPE_CHECKING:
    from psutil._ntuples import scpufreq, scpustats, scputimes

# Guest time is left out: the kernel has counted it in `user` and `nice` already.
_FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_IDLE = ("idle", "iowait")

# The processor's own sensors, by the names of their Linux drivers; a board without one has its
# thermal zones named cpu-thermal, cpu0_thermal and the like.
_CHIPS = frozenset(
    {"coretemp", "k8temp", "k10temp", "zenpower", "via_cputemp", "soc_thermal", "x86_pkg_temp"}
)


def _all_times() -> scputimes:
    return psutil.cpu_times(percpu=False)


def _core_times() -> list[scputimes]:
    return psutil.cpu_times(percpu=True)


def _frequencies() -> list[scpufreq]:
    read = getattr(psutil, "cpu_freq", None)  # psutil leaves it out where a platform has none
    # On a Mac psutil has the highest frequency for the present one, or an error.
    return read(percpu=True) if read and not psutil.MACOS else []


def _is_processor(chip: str) -> bool:
    return chip in _CHIPS or chip.startswith("cpu")


def _physical_cores() -> int | None:
    return psutil.cpu_count(logical=False)


class Cpu:
    """Percentages are of the time since the last tick, so the first tick has none."""

    name = "cpu"

    def __init__(
        self,
        times: Callable[[], scputimes] = _all_times,
        core_times: Callable[[], list[scputimes]] = _core_times,
        frequencies: Callable[[], list[scpufreq]] = _frequencies,
        temperatures: Callable[[], ByChip] | None = None,
        stats: Callable[[], scpustats] = psutil.cpu_stats,
        load: Callable[[], tuple[float, float, float]] = psutil.getloadavg,
        physical_cores: Callable[[], int | None] = _physical_cores,
    ) -> None:
        self._times = times
        self._core_times = core_times
        self._frequencies = frequencies
        self._temperatures = temperatures or Heat(_is_processor).read
        self._stats = stats
        self._load = load
        self._count_physical_cores = physical_cores
        self._before: scputimes | None = None
        self._cores_before: Sequence[scputimes] = ()

    def gather(self, tick: Tick) -> core.Cpu:
        times, cores, stats = self._times(), self._core_times(), self._stats()
        spent = _spent(self._before, times)
        per_core = self._per_core(cores)
        self._before, self._cores_before = times, cores
        return core.Cpu(
            timestamp=tick.timestamp,
            usage_percent=_usage(spent),
            per_core=per_core,
            **_shares(spent),
            frequency_mhz=self._megahertz(),
            temperature_celsius=self._celsius(),
            load_average=[round(load, 2) for load in self._load()],
            interrupts=stats.interrupts,
            context_switches=stats.ctx_switches,
            core_count=len(cores),
            physical_cores=self._physical_cores,
        )

    def _per_core(self, cores: list[scputimes]) -> list[float | None]:
        # psutil does not number the cores: when one came or went, none can be matched by its place.
        if len(cores) != len(self._cores_before):
            return [None] * len(cores)
        pairs = zip(self._cores_before, cores, strict=True)
        return [_usage(_spent(before, after)) for before, after in pairs]

    def _megahertz(self) -> list[float | None]:
        try:
            frequencies = self._frequencies()
        except (OSError, NotImplementedError):
            return []  # a core without cpufreq, as in many virtual machines
        return [round(frequency.current, 1) or None for frequency in frequencies]

    def _celsius(self) -> list[float | None]:
        return [
            entry.current
            for chip, entries in self._temperatures().items()
            if _is_processor(chip)
            for entry in entries
        ]

    @cached_property
    def _physical_cores(self) -> int | None:
        return self._count_physical_cores()


Spent = dict[str, float | None]


def _spent(before: scputimes | None, after: scputimes) -> Spent:
    """Seconds of processor time in each state since the last tick, of the states this system counts."""
    fields = [field for field in _FIELDS if hasattr(after, field)]
    return {field: change(getattr(before, field, None), getattr(after, field)) for field in fields}


def _whole(spent: Spent) -> float:
    """All the time of the tick, in core-seconds; 0 when a part of it is unknown."""
    known = [seconds for seconds in spent.values() if seconds is not None]
    return sum(known) if len(known) == len(spent) else 0.0


def _usage(spent: Spent) -> float | None:
    busy = sum(seconds or 0.0 for field, seconds in spent.items() if field not in _IDLE)
    return percent(busy, _whole(spent))


def _shares(spent: Spent) -> Spent:
    # A low-priority process is a user's too. Without `nice` in `user` the shares would not make 100.
    user, nice = spent.get("user"), spent.get("nice", 0.0)
    merged = spent | {"user": None if user is None or nice is None else user + nice}
    whole = _whole(spent)
    return {field: percent(seconds, whole) for field, seconds in merged.items() if field != "nice"}
