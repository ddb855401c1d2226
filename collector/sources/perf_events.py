"""Hardware and kernel events, counted by perf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from collector.sources.perf_child import PerfChild
from collector.sources.perf_output import Count, Interval
from collector.sources.rates import percent
from collector.sources.source import Tick, Tuning
from perfwatch.readings import core

EVENTS = (
    "cpu-clock",
    "context-switches",
    "cpu-migrations",
    "page-faults",
    "cycles",
    "instructions",
    "branches",
    "branch-misses",
    "L1-dcache-loads",
    "L1-dcache-load-misses",
    "LLC-loads",
    "LLC-load-misses",
    "L1-icache-loads",
    "dTLB-loads",
    "dTLB-load-misses",
    "iTLB-loads",
    "iTLB-load-misses",
)

# perf is taken for stuck when it is silent for this many of its intervals, and a little.
_SILENT_INTERVALS, _SILENT_SECONDS = 3, 2.0


class Counting(Protocol):
    """What counts: `PerfChild`."""

    trouble: str | None
    refused: list[str]

    def start(self) -> None: ...

    def take(self) -> Interval | None:
        """The sum of what was counted since the last call. Raises what ended the counting."""

    def close(self) -> None: ...


class PerfEvents:
    """The counts of all of perf's intervals that ended since the last tick.

    When none did, as with an interval longer than the tick's, the newest counts stand. perf runs
    from the first tick until `close`.
    """

    name = "perf_events"
    quick = True

    def __init__(self, child: Callable[[Sequence[str], str, float], Counting] = PerfChild) -> None:
        self._make_child = child
        self._tuning = Tuning()
        self._child: Counting | None = None
        self._newest: Interval | None = None
        self._heard = 0.0

    def tune(self, tuning: Tuning) -> None:
        """Count on those cores and in that interval, from the next tick on."""
        if tuning != self._tuning:
            self.close()
            self._tuning = tuning

    def close(self) -> None:
        """End perf."""
        if self._child:
            self._child.close()
        self._child, self._newest = None, None

    def gather(self, tick: Tick) -> core.PerfEvents:
        child = self._child or self._start(tick)
        try:
            taken = child.take()
        except Exception:
            self.close()  # the next tick begins anew
            raise
        if taken:
            self._newest, self._heard = taken, tick.monotonic
        elif reason := child.trouble or self._silence(tick):
            self._newest = None
            return self._nothing(tick, reason)
        if self._newest is None:
            return self._nothing(tick)
        return self._reading(tick, self._newest, child.refused)

    def _start(self, tick: Tick) -> Counting:
        self._child = self._make_child(EVENTS, self._tuning.perf_cores, self._tuning.perf_interval)
        self._heard = tick.monotonic
        self._child.start()
        return self._child

    def _silence(self, tick: Tick) -> str | None:
        silent = tick.monotonic - self._heard
        if silent <= _SILENT_INTERVALS * self._tuning.perf_interval + _SILENT_SECONDS:
            return None
        return "perf runs but reports nothing"

    def _nothing(self, tick: Tick, reason: str | None = None) -> core.PerfEvents:
        return core.PerfEvents(
            timestamp=tick.timestamp,
            available=False if reason else None,
            reason=reason,
            cpu_cores=self._tuning.perf_cores,
        )

    def _reading(self, tick: Tick, interval: Interval, refused: list[str]) -> core.PerfEvents:
        counts = {event: count for event, count in interval.counts.items() if count.supported}
        if not counts:
            return self._nothing(tick, "perf can count none of the events on this machine")
        return core.PerfEvents(
            timestamp=tick.timestamp,
            available=True,
            cpu_cores=self._tuning.perf_cores,
            interval_ms=round(interval.seconds * 1000, 3),
            events={
                event: core.PerfEvent(value=count.value, unit=count.unit) for event, count in counts.items()
            },
            unsupported_events=[
                event
                for event in EVENTS
                if event in refused or (event in interval.counts and event not in counts)
            ],
            instructions_per_cycle=_ratio(counts, "instructions", "cycles"),
            branch_miss_percent=_percent(counts, "branch-misses", "branches"),
            l1d_miss_percent=_percent(counts, "L1-dcache-load-misses", "L1-dcache-loads"),
            llc_miss_percent=_percent(counts, "LLC-load-misses", "LLC-loads"),
        )


def _value(counts: dict[str, Count], event: str) -> float | None:
    return counts[event].value if event in counts else None


def _ratio(counts: dict[str, Count], part: str, whole: str) -> float | None:
    one, other = _value(counts, part), _value(counts, whole)
    return round(one / other, 3) if one is not None and other else None


def _percent(counts: dict[str, Count], part: str, whole: str) -> float | None:
    return percent(_value(counts, part), _value(counts, whole) or 0.0)
