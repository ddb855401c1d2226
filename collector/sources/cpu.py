"""The processors: how busy, how fast, how warm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import psutil

from collector.sources import proc_stat
from collector.sources.apart import tell
from collector.sources.frequencies import Frequencies
from collector.sources.parts import Missing, Parts
from collector.sources.proc_stat import FIELDS, Stat, Times
from collector.sources.rates import percent
from collector.sources.source import Tick
from collector.sources.temperatures import Heat
from perfwatch.readings import core

_IDLE = frozenset({"idle", "iowait"})
# proc(5) says that iowait may decrease; what was stolen stays behind when a machine moves to another host.
_MAY_STEP_BACK = frozenset({"iowait", "steal"})
# Seconds: the other counters of a core slip back by some ticks, but no further, unless they began anew.
_SLIP = 1.0
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
        spent = _spent(before and before.whole, stat.whole, max(1, len(stat.cores)))
        online = frozenset(stat.cores)
        megahertz, celsius = self._apart(online)
        usages = {
            core: _usage(_spent(before and before.cores.get(core), now)) for core, now in stat.cores.items()
        }
        return core.Cpu(
            timestamp=tick.timestamp,
            usage_percent=_usage(spent),
            per_core=self._by_number(usages),
            **_shares(spent),
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


Spent = dict[str, float | None]


def _spent(before: Times | None, after: Times, cores: int = 1) -> Spent:
    """Seconds of processor time in each state since the last tick, of the states this system counts.

    Empty without two readings, and when the counters began anew, as those of a core may that was off.
    """
    if before is None:
        return {}
    moved = {
        field: None if was is None else is_now - was
        for field, was, is_now in zip(FIELDS, before, after, strict=True)
        if is_now is not None
    }
    anew = any(
        seconds is not None and seconds < -_SLIP * cores and field not in _MAY_STEP_BACK
        for field, seconds in moved.items()
    )
    # What stepped back is not known, and counts as nothing in the whole.
    return (
        {} if anew else {field: None if (seconds or 0) < 0 else seconds for field, seconds in moved.items()}
    )


def _whole(spent: Spent) -> float:
    """All the time of the tick, in core-seconds, as far as it is known."""
    return sum(seconds or 0.0 for seconds in spent.values())


def _usage(spent: Spent) -> float | None:
    return percent(
        sum(seconds or 0.0 for field, seconds in spent.items() if field not in _IDLE), _whole(spent)
    )


def _shares(spent: Spent) -> Spent:
    # A low-priority process is a user's too. Without `nice` in `user` the shares would not make 100.
    user, nice = spent.get("user"), spent.get("nice", 0.0)
    merged = spent | {"user": None if user is None else user + (nice or 0.0)}
    whole = _whole(spent)
    return {field: percent(seconds, whole) for field, seconds in merged.items() if field != "nice"}
