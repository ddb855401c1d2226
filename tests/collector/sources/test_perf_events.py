from __future__ import annotations

from collections.abc import Sequence

import pytest

from collector.sources.perf_events import EVENTS, PerfEvents
from collector.sources.perf_output import Interval, Intervals, Tally, parse
from collector.sources.source import Tuning
from perfwatch.readings import core
from tests.collector.recording import recorded_lines, tick


class Recorded:
    """A perf that has printed what was recorded, `lines` of it by each tick."""

    def __init__(self, name: str) -> None:
        self.trouble: str | None = None
        self.refused: list[str] = []
        self.fault: Exception | None = None
        self.started_with: list[tuple[str, float]] = []
        self.running = 0
        self._ahead = [line for text in recorded_lines(name) if (line := parse(text))]
        self._intervals = Intervals()
        self._tally = Tally()

    def __call__(self, events: Sequence[str], cores: str, interval: float) -> Recorded:
        assert events == EVENTS
        self.started_with.append((cores, interval))
        return self

    def start(self) -> None:
        self.running += 1

    def close(self) -> None:
        self.running -= 1

    def print(self, lines: int) -> None:
        for line in self._ahead[:lines]:
            for interval in self._intervals.feed(line):
                self._tally.add(interval)
        del self._ahead[:lines]

    def take(self) -> Interval | None:
        if self.fault is not None:
            raise self.fault
        return self._tally.take()


def gathered(name: str) -> core.PerfEvents:
    perf = Recorded(name)
    source = PerfEvents(perf)
    source.gather(tick(0))
    perf.print(1000)
    return source.gather(tick(5))


def test_perf_is_started_by_the_first_tick_and_nothing_is_known_yet() -> None:
    perf = Recorded("4.19_server")
    source = PerfEvents(perf)
    assert perf.running == 0
    reading = source.gather(tick(0))
    assert perf.running == 1
    assert (reading.available, reading.reason, reading.interval_ms) == (None, None, None)
    assert reading.events == {}


def test_counts_are_the_sum_of_all_intervals_since_the_last_tick() -> None:
    reading = gathered("4.19_server")
    # The second interval has all of its lines but the metric's, so both are whole.
    assert reading.events["instructions"] == core.PerfEvent(value=9_000_000, unit="")
    assert reading.events["cpu-clock"] == core.PerfEvent(value=12000.36, unit="msec")
    assert reading.interval_ms == 2000.3
    assert (reading.available, reading.cpu_cores) == (True, "all")


def test_ratios_come_from_the_counts() -> None:
    reading = gathered("4.19_server")
    assert reading.instructions_per_cycle == 1.5
    assert (reading.branch_miss_percent, reading.l1d_miss_percent, reading.llc_miss_percent) == (
        2.0,
        5.0,
        25.0,
    )


def test_an_event_that_the_machine_lacks_is_named_and_one_that_was_not_counted_is_null() -> None:
    reading = gathered("4.19_server")
    assert reading.unsupported_events == ["L1-icache-loads"]
    assert reading.events["iTLB-load-misses"].value is None


def test_a_virtual_machine_has_the_software_events_and_no_ratios() -> None:
    reading = gathered("6.1_virtual_machine")
    assert list(reading.events) == ["cpu-clock", "context-switches", "cpu-migrations", "page-faults"]
    assert reading.unsupported_events == list(EVENTS[4:])
    assert reading.available
    assert reading.unavailable is None
    ratios = (reading.instructions_per_cycle, reading.branch_miss_percent, reading.llc_miss_percent)
    assert ratios == (None, None, None)


def test_an_event_that_perf_refuses_is_unsupported_too() -> None:
    perf = Recorded("4.19_server")
    source = PerfEvents(perf)
    source.gather(tick(0))
    perf.refused.append("dTLB-loads")
    perf.print(1000)
    assert source.gather(tick(5)).unsupported_events == ["L1-icache-loads", "dTLB-loads"]


def test_without_a_new_interval_the_newest_counts_stand() -> None:
    perf = Recorded("4.19_server")
    source = PerfEvents(perf)
    source.gather(tick(0))
    perf.print(18)
    first, again = source.gather(tick(1)), source.gather(tick(2))
    assert first.events == again.events
    assert again.events["instructions"].value == 3_000_000
    assert again.interval_ms == 1000.1


def test_trouble_is_told_until_perf_counts_again() -> None:
    perf = Recorded("4.19_server")
    source = PerfEvents(perf)
    source.gather(tick(0))
    perf.trouble = "perf is not installed"
    reading = source.gather(tick(1))
    assert (reading.available, reading.reason) == (False, "perf is not installed")
    assert reading.unavailable == "perf is not installed"
    perf.trouble = None
    perf.print(18)
    assert source.gather(tick(2)).available


def test_counts_of_a_perf_that_has_died_since_are_not_lost() -> None:
    perf = Recorded("4.19_server")
    source = PerfEvents(perf)
    source.gather(tick(0))
    perf.print(18)
    perf.trouble = "perf ended (SIGKILL)"
    assert source.gather(tick(1)).events["instructions"].value == 3_000_000
    assert source.gather(tick(2)).available is False


def test_a_perf_that_falls_silent_is_not_believed() -> None:
    perf = Recorded("4.19_server")
    source = PerfEvents(perf)
    source.gather(tick(0))
    perf.print(18)
    source.gather(tick(1))
    assert source.gather(tick(5.9)).available
    assert source.gather(tick(6.1)).reason == "perf runs but reports nothing"


def test_a_machine_that_counts_nothing_says_so() -> None:
    perf = Recorded("6.1_virtual_machine")
    perf._ahead = [line for line in perf._ahead if not line.counted.supported]
    source = PerfEvents(perf)
    source.gather(tick(0))
    perf.print(1000)
    reading = source.gather(tick(1))
    assert (reading.available, reading.events) == (False, {})
    assert "none of the events" in (reading.reason or "")


def test_other_cores_or_another_interval_start_perf_anew_and_the_same_do_not() -> None:
    perf = Recorded("4.19_server")
    source = PerfEvents(perf)
    source.tune(Tuning("0-3", 0.5))
    source.gather(tick(0))
    source.tune(Tuning("0-3", 0.5))
    source.gather(tick(1))
    source.tune(Tuning("6", 0.5))
    assert perf.running == 0
    assert source.gather(tick(2)).cpu_cores == "6"
    assert perf.started_with == [("0-3", 0.5), ("6", 0.5)]
    assert perf.running == 1
    source.close()
    source.close()
    assert perf.running == 0


def test_what_ended_the_counting_costs_that_tick_and_it_begins_anew() -> None:
    perf = Recorded("3.16_server")
    source = PerfEvents(perf)
    perf.fault = TypeError("of this test")
    with pytest.raises(TypeError, match="of this test"):
        source.gather(tick(0))
    assert perf.running == 0
    perf.fault = None
    source.gather(tick(5))
    assert perf.running == 1
