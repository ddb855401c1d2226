from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psutil
import pytest
from psutil._ntuples import scpufreq, scpustats, scputimes, shwtemp

from collector.sources.cpu import Cpu
from perfwatch.readings import core
from tests.collector.recording import tick

STILL = {
    "user": 100.0,
    "nice": 5.0,
    "system": 50.0,
    "idle": 800.0,
    "iowait": 20.0,
    "irq": 1.0,
    "softirq": 2.0,
    "steal": 3.0,
    "guest": 40.0,
    "guest_nice": 0.0,
}


def times(**moved: float) -> scputimes:
    """psutil's own tuple: the still machine's, moved on by so many seconds in each state."""
    return scputimes(**{field: value + moved.get(field, 0.0) for field, value in STILL.items()})


def gather(*steps: list[scputimes]) -> list[core.Cpu]:
    """A reading a second; each step is the whole machine followed by its cores."""
    ahead = iter(steps)
    now: list[scputimes] = []

    def whole() -> scputimes:
        now[:] = next(ahead)
        return now[0]

    source = Cpu(times=whole, core_times=lambda: now[1:])
    return [source.gather(tick(float(second))) for second in range(len(steps))]


def test_the_first_tick_has_no_percentages() -> None:
    (first,) = gather([times(), times(), times()])
    assert first.usage_percent is None
    assert first.per_core == [None, None]
    assert (first.user, first.idle, first.steal) == (None, None, None)
    assert first.core_count == 2


def test_usage_is_the_busy_share_of_the_tick_and_waiting_for_disks_is_idle() -> None:
    later = times(user=1.0, system=0.5, idle=2.0, iowait=0.25, irq=0.05, softirq=0.1, steal=0.1)
    reading = gather([times()], [later])[1]
    assert reading.usage_percent == 43.75
    assert (reading.user, reading.system, reading.idle, reading.iowait) == (25.0, 12.5, 50.0, 6.25)
    assert (reading.irq, reading.softirq, reading.steal) == (1.25, 2.5, 2.5)


def test_guest_time_is_not_counted_twice() -> None:
    reading = gather([times()], [times(user=1.0, guest=1.0, idle=1.0)])[1]
    assert (reading.usage_percent, reading.user) == (50.0, 50.0)


def test_low_priority_work_counts_as_the_users() -> None:
    reading = gather([times()], [times(user=1.0, nice=1.0, idle=2.0)])[1]
    assert (reading.usage_percent, reading.user) == (50.0, 50.0)


def test_each_core_has_its_own_usage() -> None:
    later = [times(user=1.0, idle=1.0), times(user=1.0), times(idle=1.0)]
    assert gather([times()] * 3, later)[1].per_core == [100.0, 0.0]


def test_time_that_went_backwards_gives_null_for_that_tick_only() -> None:
    back, on = times(user=1.0, iowait=-0.5, idle=1.0), times(user=2.0, iowait=-0.5, idle=2.0)
    _, second, third = gather([times(), times()], [back, back], [on, on])
    assert (second.usage_percent, second.iowait, second.per_core) == (None, None, [None])
    assert (third.usage_percent, third.iowait, third.per_core) == (50.0, 0.0, [50.0])


def test_two_ticks_without_any_time_between_give_null() -> None:
    assert gather([times()], [times()])[1].usage_percent is None


def test_a_core_that_vanished_gives_null_for_that_tick() -> None:
    steps = [[times()] * 3, [times(user=1.0)] * 2, [times(user=2.0)] * 2]
    assert [reading.per_core for reading in gather(*steps)] == [[None, None], [None], [100.0]]


def test_a_system_without_iowait_has_the_rest() -> None:
    # psutil's tuple on macOS has these four fields only.
    mac = [
        SimpleNamespace(user=user, nice=0.0, system=1.0, idle=idle) for user, idle in ((1.0, 2.0), (2.0, 5.0))
    ]
    ahead = iter(cast("list[scputimes]", mac))
    source = Cpu(times=lambda: next(ahead), core_times=lambda: [])
    source.gather(tick(0))
    reading = source.gather(tick(1))
    assert (reading.usage_percent, reading.user, reading.idle) == (25.0, 25.0, 75.0)
    assert (reading.iowait, reading.steal) == (None, None)


def test_counters_and_load_are_passed_on() -> None:
    source = Cpu(
        stats=lambda: scpustats(11, 22, 33, 44), load=lambda: (0.123, 1.0, 2.5), physical_cores=lambda: 3
    )
    reading = source.gather(tick(0))
    assert (reading.context_switches, reading.interrupts) == (11, 22)
    assert reading.load_average == [0.12, 1.0, 2.5]
    assert reading.physical_cores == 3


def test_frequencies_leave_an_offline_core_null() -> None:
    source = Cpu(frequencies=lambda: [scpufreq(1800.04, 400.0, 3400.0), scpufreq(0.0, 0.0, 0.0)])
    assert source.gather(tick(0)).frequency_mhz == [1800.0, None]


@pytest.mark.parametrize("error", [FileNotFoundError(2, "x"), NotImplementedError("x")])
def test_a_machine_without_frequencies_has_an_empty_list(error: Exception) -> None:
    def frequencies() -> list[scpufreq]:
        raise error

    assert Cpu(frequencies=frequencies).gather(tick(0)).frequency_mhz == []


def test_temperatures_are_those_of_the_processor() -> None:
    def chips() -> dict[str, list[shwtemp]]:
        return {
            "nvme": [shwtemp("Composite", 38.9, 81.8, 84.8)],
            "coretemp": [shwtemp("Package id 0", 51.0, 100.0, 100.0), shwtemp("Core 0", 49.0, 100.0, 100.0)],
            "cpu_thermal": [shwtemp("", 47.7, None, None)],
        }

    assert Cpu(temperatures=chips).gather(tick(0)).temperature_celsius == [51.0, 49.0, 47.7]
    assert Cpu(temperatures=lambda: {}).gather(tick(0)).temperature_celsius == []


def test_the_real_machine_agrees_with_proc() -> None:
    source = Cpu()
    source.gather(tick(time.monotonic()))
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        pass  # a busy core, to be seen
    reading = source.gather(tick(time.monotonic()))
    assert reading.usage_percent is not None
    assert 50 / (psutil.cpu_count() or 1) < reading.usage_percent <= 100
    assert reading.core_count == len(reading.per_core) == psutil.cpu_count()
    counted = {line.split()[0]: int(line.split()[1]) for line in Path("/proc/stat").read_text().splitlines()}
    assert 0 < (reading.context_switches or 0) <= counted["ctxt"]
    assert 0 < (reading.interrupts or 0) <= counted["intr"]
    shares = [reading.user, reading.system, reading.idle, reading.iowait]
    shares += [reading.irq, reading.softirq, reading.steal]
    assert sum(share or 0.0 for share in shares) == pytest.approx(100, abs=0.1)
