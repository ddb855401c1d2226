from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest

from collector.agent import Agent
from collector.schedule import Schedule
from collector.sources.memory_bandwidth import MemoryBandwidth
from collector.sources.registry import SOURCES, Active
from collector.sources.source import Source, Tick, Tuning, is_quick
from collector.stop import Stop
from collector.watch import CLOSELY, Watch
from perfwatch.readings import core
from tests.collector.agents import Fails, Kept, Works, hostinfo
from tests.collector.recording import tick


class Clock:
    """Seconds on a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """A host that reads each 5 s from 100.0 on, and what it publishes in between."""

    def __init__(self, *sources: Source, interval: float = 5.0) -> None:
        self.clock = Clock()
        self.sources: list[Source] = list(sources)
        self.published: list[tuple[str, float]] = []
        self.regular = Schedule(100.0, interval)
        self.regular.advance(100.0)
        self.roused = 0
        self.watch = Watch(self.sources, self._publish, self._rouse, self.clock)

    def _publish(self, metric: str, payload: bytes) -> None:
        self.published.append((metric, self.clock.now))

    def _rouse(self) -> None:
        self.roused += 1

    def hear(self, expiry: float | None) -> None:
        self.watch.hear(b"", expiry)

    def run(self, until: float) -> list[float]:
        """Wake whenever it wants to; when it took ticks."""
        self.published.clear()
        due = self.watch.tick(tick(self.clock.now), self.regular)
        while due <= until:
            self.clock.now = due
            due = self.watch.tick(tick(self.clock.now), self.regular)
        self.clock.now = until
        return [moment for _, moment in self.published]


def test_nobody_looks_and_nothing_is_due() -> None:
    memory = Works("memory")
    assert Watched(memory).run(200.0) == []
    assert memory.ticks == []


def test_each_second_in_step_with_the_regular_ticks_until_it_expires() -> None:
    watched = Watched(Works("memory"))
    watched.clock.now = 102.3
    watched.hear(4.0)
    assert watched.roused == 1
    assert watched.run(120.0) == [103.0, 104.0, 105.0, 106.0]


@pytest.mark.parametrize(("expiries", "last"), [((2.0, 8.0), 107.0), ((8.0, 2.0), 107.0), ((None,), 114.0)])
def test_of_several_who_look_the_longest_counts(expiries: Sequence[float | None], last: float) -> None:
    watched = Watched(Works("memory"))
    for expiry in expiries:
        watched.hear(expiry)
    assert watched.run(200.0)[-1] == last


def test_who_looks_again_goes_on() -> None:
    watched = Watched(Works("memory"))
    watched.hear(2.5)
    assert watched.run(102.0) == [101.0, 102.0]
    watched.hear(2.5)
    assert watched.run(110.0) == [103.0, 104.0]
    watched.hear(1.5)
    assert watched.run(120.0) == [111.0]


@pytest.mark.parametrize("interval", [0.5, 1.0])
def test_a_host_that_reads_as_often_anyway_does_nothing_more(interval: float) -> None:
    watched = Watched(Works("memory"), interval=interval)
    watched.hear(10.0)
    assert watched.watch.tick(tick(100.0), watched.regular) == math.inf


def test_a_slow_tick_is_skipped() -> None:
    watched = Watched(Works("memory"))
    watched.hear(60.0)
    watched.run(101.0)
    watched.clock.now = 104.4
    watched.watch.tick(tick(102.0), watched.regular)
    assert watched.run(106.0) == [105.0, 106.0]


def test_what_fails_is_left_out_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    broken = Fails(TypeError("x"))
    broken.name = "cpu"
    watched = Watched(broken, Works("memory"))
    watched.hear(1.5)
    watched.run(110.0)
    assert [metric for metric, _ in watched.published] == ["memory"]
    assert not caplog.records  # the regular tick says it


def test_what_is_slow_to_read_or_moves_slowly_keeps_to_the_interval() -> None:
    watched = Watched(Works("sensors"), Works("system"), Works("cpu"))
    watched.hear(1.5)
    watched.run(110.0)
    assert [metric for metric, _ in watched.published] == ["cpu"]


def test_a_source_that_is_switched_on_and_off_meanwhile_comes_and_goes() -> None:
    watched = Watched(Works("memory"))
    watched.hear(60.0)
    watched.run(101.0)
    watched.sources[:] = [Works("cpu")]
    watched.run(103.0)
    assert {metric for metric, _ in watched.published} == {"cpu"}


def counting(numbers: Iterator[int]) -> Callable[[str], str]:
    """/proc/vmstat with the next number at each look."""
    return lambda _path: f"pgfault {next(numbers)}\n"


def test_a_regular_rate_is_of_all_the_time_since_the_last_regular_tick() -> None:
    source = MemoryBandwidth(counting(iter((0, 10, 30, 1000))))
    rates: list[float | None] = []
    clock = Clock()

    def publish(_metric: str, payload: bytes) -> None:
        rates.append(msgspec.json.decode(payload, type=core.MemoryBandwidth).pgfault_per_sec)

    watch, regular = Watch([source], publish, lambda: None, clock), Schedule(100.0, 5.0)
    source.gather(tick(100.0))
    regular.advance(100.0)
    watch.hear(b"", 2.5)
    watch.tick(tick(100.2), regular)
    for now in (101.0, 102.0):
        clock.now = now
        watch.tick(tick(now), regular)
    assert rates == [10.0, 20.0]
    assert source.gather(tick(105.0)).pgfault_per_sec == 200.0


def test_no_source_of_this_machine_is_disturbed() -> None:
    active = Active({name: SOURCES[name] for name in CLOSELY})
    active.switch(CLOSELY, Tuning())
    assert all(map(is_quick, active))
    told: list[str] = []
    watch = Watch(active, lambda metric, _: told.append(metric), lambda: None, lambda: 0.0)
    regular = Schedule(0.0, 5.0)
    Agent(active, Kept(), hostinfo, 5.0, Stop()).tick(tick(0.0))
    regular.advance(0.0)
    kept = {source.name: dict(vars(source)) for source in active}
    watch.hear(b"", 60.0)
    watch.tick(tick(0.0), regular)
    watch.tick(tick(1.0), regular)
    assert {"cpu", "memory", "network", "disk", "memory_bandwidth"} <= {*told} <= {*CLOSELY}
    assert {source.name: vars(source) for source in active} == kept
    active.close()


def test_the_loop_takes_both_and_a_tick_that_is_both_has_one_timestamp() -> None:
    stop, kept, between = Stop(), Kept(), list[Tick]()

    def take(moment: Tick, _regular: Schedule) -> float:
        between.append(moment)
        if len(between) == 2:
            stop.set()
        return moment.monotonic

    memory = Works("memory")
    Agent([memory], kept, hostinfo, 3600.0, stop, between=take).run()
    assert memory.ticks == between[:1]
