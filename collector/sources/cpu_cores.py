"""What each core does with its time. Only whoever asks for it gets it: it is six numbers a core."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collector.sources import proc_stat
from collector.sources.proc_stat import Stat, Times
from collector.sources.source import Tick
from collector.sources.spent import shares, spent_since
from perfwatch.readings import optional as readings

_STATES = ("user", "system", "iowait", "irq", "softirq", "steal")


class CpuCores:
    """Shares are of the time since the last tick, so the first tick has none."""

    name = "cpu_cores"
    quick = True

    def __init__(self, stat: Callable[[], Stat] = proc_stat.read) -> None:
        self._stat = stat
        self._before: Mapping[int, Times] = {}
        self._places = 0

    def gather(self, tick: Tick) -> readings.CpuCores:
        cores, before = self._stat().cores, self._before
        self._before = cores
        self._places = max(self._places, 1 + max(cores, default=-1))
        found = {core: shares(spent_since(before.get(core), times)) for core, times in cores.items()}
        return readings.CpuCores(
            timestamp=tick.timestamp,
            **{state: [found.get(core, {}).get(state) for core in range(self._places)] for state in _STATES},
        )
