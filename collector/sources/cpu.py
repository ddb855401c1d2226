"""The processors: how busy, how fast, how warm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import psutil

from collector.sources import proc_stat
from collector.sources.apart import tell
from collector.sources.frequencies import Frequencies
from collector.sources.parts import Missing, Parts
from collector.sources.proc_stat import Stat
from collector.sources.source import Tick
from collector.sources.spent import shares, spent_since, usage
from collector.sources.temperatures import Heat
from perfwatch.readings import core

_FREQUENCIES = "frequencies"

ByPlace = Mapping[int, float | None]
Megahertz = Callable[[frozenset[int]], ByPlace]


def _physical_cores() -> int | None:
    return psutil.cpu_count(logical=False)


class Cpu:
    """Percentages are of the time since the last tick, so the first tick has none."""

    name = "cpu"
    quick = True

    def __init__(
        self,
        stat: Callable[[], Stat] = proc_stat.read,
        frequencies: Megahertz | None = None,
        heat: Heat | None = None,
        load: Callable[[], Sequence[float]] = psutil.getloadavg,
        physical_cores: Callable[[], int | None] = _physical_cores,
    ) -> None:
        self._stat = stat
        # On a Mac psutil has the highest frequency for the present one, or an error.
        self._own = Frequencies()
        self._frequencies = frequencies or self._own.megahertz
        self._quick = frequencies is None
        self._heat = heat or Heat()
        self._load = load
        self._count_physical_cores = physical_cores
        self._before: Stat | None = None
        self._places = 0
        self._physical: tuple[frozenset[int], int | None] = (frozenset(), None)
        self._parts = Parts[ByPlace]("cpu")
        self._missing = Missing("cpu")
        self._heat_places: dict[str, int] = {}

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> core.Cpu:
        stat, before = self._stat(), self._before
        self._before = stat
        spent = spent_since(before and before.whole, stat.whole, max(1, len(stat.cores)))
        online = frozenset(stat.cores)
        megahertz, celsius = self._apart(online)
        then = before.cores if before else {}
        usages = {core: usage(spent_since(then.get(core), now)) for core, now in stat.cores.items()}
        return core.Cpu(
            timestamp=tick.timestamp,
            usage_percent=usage(spent),
            per_core=self._by_number(usages),
            **shares(spent),
            frequency_mhz=self._by_number(megahertz) if megahertz else [],
            temperature_celsius=celsius,
            load_average=self._loads(),
            interrupts=stat.interrupts,
            context_switches=stat.context_switches,
            forks=stat.forks,
            core_count=len(stat.cores) or None,  # an emulation may have the sum alone
            physical_cores=self._physical_cores(online),
        )

    def _apart(self, online: frozenset[int]) -> tuple[ByPlace, list[float | None]]:
        """What may block: the frequencies, and the temperatures of all chips one after another."""
        chips, clocks = self._heat.questions(), partial(self._frequencies, online)
        quick = self._quick and self._own.quick(online)
        told = self._parts.ask(chips if quick else {_FREQUENCIES: clocks, **chips})
        self._missing.note(self._parts.errors)
        for chip, warmth in told.items():
            self._heat_places[chip] = len(warmth)
        # A chip that is late keeps its places: else the next one's temperatures would be taken for its own.
        late = {chip: dict.fromkeys(range(self._heat_places.get(chip, 0))) for chip in chips}
        celsius = [warm for chip in chips for warm in told.get(chip, late[chip]).values()]
        return clocks() if quick else told.get(_FREQUENCIES, {}), celsius

    def _by_number(self, told: ByPlace) -> list[float | None]:
        """A list with a place for each core that was ever on, by the kernel's numbers."""
        self._places = max(self._places, 1 + max(told, default=-1))
        return [told.get(core) for core in range(self._places)]

    def _loads(self) -> list[float | None]:
        try:
            return [round(load, 2) for load in self._load()]
        except OSError:
            return []  # a sandbox without /proc/loadavg

    def _physical_cores(self, online: frozenset[int]) -> int | None:
        """Asked anew when a core comes or goes."""
        if online != self._physical[0]:
            counted = tell(self._count_physical_cores)
            self._physical = online, counted.answer
        return self._physical[1]
