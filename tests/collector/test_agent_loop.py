"""The agent's loop: its schedule, what is slow, and what rouses or stops it."""

from __future__ import annotations

import threading

from collector.agent import Agent
from collector.stop import Stop
from tests.collector.agents import Kept, Works, hostinfo
from tests.servers import wait_until


def test_a_slow_source_costs_the_others_no_second() -> None:
    """B61: dell-smm takes 3 s at an interval of 1 s; here a fifth of that."""
    kept, stop = Kept(), Stop()

    def slow() -> None:
        threading.Event().wait(0.6)

    memory, sensors = Works("memory"), Works("sensors", slow)
    loop = threading.Thread(target=Agent([sensors, memory], kept, hostinfo, 0.2, stop).run, daemon=True)
    loop.start()
    wait_until(lambda: kept.metrics.count("sensors") >= 3, "three readings of the slow one")
    stop.set()
    loop.join(60)
    assert kept.metrics.count("memory") >= 2 * kept.metrics.count("sensors")
    assert kept.sources[-1]["sensors"] is not None
    late = [(metric, at) for metric, at in kept.readings if metric == "sensors"]
    assert all(("memory", at) in kept.readings for _, at in late)


class Clock:
    """Time that passes only when a source spends it; a wait takes none."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_loop_keeps_its_schedule_and_skips_what_a_slow_tick_missed() -> None:
    clock, kept, costs = Clock(), Kept(), [0.2, 2.5, 0.1, 0.1]

    class WaitsInNoTime(Stop):
        def wait(self, seconds: float) -> bool:
            clock.now += max(0.0, seconds)
            return super().wait(0)

    stop = WaitsInNoTime()

    def spend() -> None:
        clock.now += costs.pop(0)
        if not costs:
            stop.set()

    source = Works("a", spend)
    Agent([source], kept, hostinfo, 1.0, stop, clock).run()
    assert [each.monotonic for each in source.ticks] == [1000.0, 1001.0, 1004.0, 1005.0]


def test_the_loop_stops_at_once_when_told() -> None:
    kept, stop = Kept(), Stop()
    loop = threading.Thread(target=Agent([Works("a")], kept, hostinfo, 3600.0, stop).run)
    loop.start()
    wait_until(lambda: len(kept.readings) == 1, "the first tick, at once")
    stop.set()
    loop.join(60)
    assert not loop.is_alive()
    assert len(kept.readings) == 1


def test_a_new_interval_is_taken_up_without_waiting_for_the_old_one_to_end() -> None:
    kept, stop, intervals = Kept(), Stop(), [0.01]

    def obey() -> float | None:
        return intervals.pop() if kept.readings and intervals else None

    loop = threading.Thread(target=Agent([Works("a")], kept, hostinfo, 3600.0, stop, obey=obey).run)
    loop.start()
    wait_until(lambda: len(kept.readings) == 1, "the first tick, at once")
    stop.rouse()
    wait_until(lambda: len(kept.readings) >= 4, "ticks of the new interval")
    assert len(kept.sources) == 2  # the facts say the interval, so they are told again
    stop.set()
    loop.join(60)
    assert not loop.is_alive()


def test_being_roused_for_nothing_brings_no_tick() -> None:
    kept, stop, asked = Kept(), Stop(), list[int]()

    def obey() -> float | None:
        asked.append(1)
        return None

    loop = threading.Thread(target=Agent([Works("a")], kept, hostinfo, 3600.0, stop, obey=obey).run)
    loop.start()
    wait_until(lambda: len(kept.readings) == 1, "the first tick, at once")
    for _ in range(3):
        stop.rouse()
    wait_until(lambda: len(asked) == 4, "it was roused")
    stop.set()
    loop.join(60)
    assert len(kept.readings) == 1
