from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from collector.sources.cpu import Cpu
from collector.sources.hwmon import Hwmon
from collector.sources.proc_stat import FIELDS, Stat, Times
from collector.sources.temperatures import Heat
from collector.sources.zones import Zones
from perfwatch.readings import core
from tests.collector.folders import lay_out
from tests.collector.recording import tick

STILL = (100.0, 5.0, 50.0, 800.0, 20.0, 1.0, 2.0, 3.0)


def times(**moved: float) -> Times:
    """The still machine's, moved on by so many seconds in each state."""
    return tuple(seconds + moved.get(field, 0.0) for field, seconds in zip(FIELDS, STILL, strict=True))


def stat(whole: Times, cores: dict[int, Times] | None = None) -> Stat:
    return Stat(whole, cores or {}, interrupts=22, context_switches=11, forks=33)


def source_of(*steps: Stat) -> Cpu:
    ahead = iter(steps)
    return Cpu(
        stat=lambda: next(ahead), frequencies=lambda _online: {}, heat=Heat(Hwmon(NOWHERE), Zones(NOWHERE))
    )


NOWHERE = Path("/nowhere")


def gather(*steps: list[Times]) -> list[core.Cpu]:
    """A reading a second; each step is the whole machine followed by its cores."""
    source = source_of(*[stat(whole, dict(enumerate(cores))) for whole, *cores in steps])
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


def test_low_priority_work_counts_as_the_users() -> None:
    reading = gather([times()], [times(user=1.0, nice=1.0, idle=2.0)])[1]
    assert (reading.usage_percent, reading.user) == (50.0, 50.0)


def test_each_core_has_its_own_usage() -> None:
    later = [times(user=1.0, idle=1.0), times(user=1.0), times(idle=1.0)]
    assert gather([times()] * 3, later)[1].per_core == [100.0, 0.0]


def test_waiting_for_disks_may_step_back_and_costs_itself_alone() -> None:
    back, on = times(user=1.0, iowait=-0.5, idle=1.0), times(user=2.0, iowait=-0.5, idle=2.0)
    _, second, third = gather([times(), times()], [back, back], [on, on])
    assert (second.usage_percent, second.iowait, second.per_core) == (50.0, None, [50.0])
    assert (third.usage_percent, third.iowait, third.per_core) == (50.0, 0.0, [50.0])


def test_stolen_time_stays_behind_when_a_machine_moves_to_another_host() -> None:
    _, second = gather([times(steal=5000.0)], [times(user=1.0, idle=3.0)])
    assert (second.usage_percent, second.user, second.steal) == (25.0, 25.0, None)


@pytest.mark.parametrize("field", ["user", "system", "idle", "softirq"])
def test_a_counter_that_slips_back_by_some_ticks_costs_itself_alone(field: str) -> None:
    _, second = gather([times()], [times(**{"nice": 1.0, "irq": 1.0, field: -0.03})])
    assert second.usage_percent is not None
    assert getattr(second, field) is None or field == "user"
    assert second.irq == 50.0


def test_counters_that_began_anew_give_null_for_that_tick_only() -> None:
    began = tuple(seconds / 100 for seconds in STILL)
    _, second, third = gather(
        [times(), times()], [times(user=1.0), began], [times(user=2.0), tuple(2 * one for one in began)]
    )
    assert (second.per_core, second.usage_percent) == ([None], 100.0)
    assert third.per_core[0] is not None


def test_two_ticks_without_any_time_between_give_null() -> None:
    assert gather([times()], [times()])[1].usage_percent is None


def test_cores_have_the_kernels_numbers_and_null_for_those_that_are_off() -> None:
    first = stat(times(), {0: times(), 2: times()})
    later = stat(times(user=1.0, idle=1.0), {0: times(idle=1.0), 2: times(user=1.0)})
    source = source_of(first, later)
    source.gather(tick(0))
    reading = source.gather(tick(1))
    assert (reading.per_core, reading.core_count) == ([0.0, None, 100.0], 2)


def test_a_core_that_is_switched_off_keeps_its_place_and_starts_anew() -> None:
    busy, idle = times(user=1.0), times(idle=1.0)
    on = {0: times(), 1: times(), 2: times()}
    steps = [
        stat(times(), on),
        stat(busy, {0: busy, 2: idle}),
        stat(busy, {0: busy}),
        stat(busy, {0: busy, 2: idle}),
    ]
    source = source_of(*steps)
    seen = [source.gather(tick(float(second))).per_core for second in range(4)]
    assert seen == [[None] * 3, [100.0, None, 0.0], [None] * 3, [None] * 3]


def test_a_system_without_iowait_has_the_rest() -> None:
    # A Mac counts these four only.
    mac: list[Times] = [(user, 0.0, 1.0, idle, *[None] * 4) for user, idle in ((1.0, 2.0), (2.0, 5.0))]
    _, reading = gather(*[[step] for step in mac])
    assert (reading.usage_percent, reading.user, reading.idle) == (25.0, 25.0, 75.0)
    assert (reading.iowait, reading.steal) == (None, None)


def test_counters_and_load_are_passed_on() -> None:
    source = Cpu(
        stat=lambda: stat(times(), {0: times()}), load=lambda: (0.123, 1.0, 2.5), physical_cores=lambda: 3
    )
    reading = source.gather(tick(0))
    assert (reading.context_switches, reading.interrupts, reading.forks) == (11, 22, 33)
    assert reading.load_average == [0.12, 1.0, 2.5]
    assert reading.physical_cores == 3


def test_physical_cores_are_counted_anew_when_one_comes_or_goes() -> None:
    steps = iter([stat(times(), {0: times()})] * 2 + [stat(times(), {0: times(), 1: times()})])
    counts = iter([1, 2])
    source = Cpu(stat=lambda: next(steps), physical_cores=lambda: next(counts))
    assert [source.gather(tick(float(second))).physical_cores for second in range(3)] == [1, 1, 2]


def test_frequencies_go_by_number_too() -> None:
    cores = {0: times(), 2: times()}
    source = Cpu(stat=lambda: stat(times(), cores), frequencies=lambda online: dict.fromkeys(online, 1800.0))
    assert source.gather(tick(0)).frequency_mhz == [1800.0, None, 1800.0]


@pytest.mark.parametrize("error", [FileNotFoundError(2, "x"), RuntimeError("x")])
def test_frequencies_that_cannot_be_read_cost_themselves_alone(error: Exception) -> None:
    def fails(_online: frozenset[int]) -> dict[int, float | None]:
        raise error

    source = Cpu(stat=lambda: stat(times(), {0: times()}), frequencies=fails)
    assert (source.gather(tick(0)).frequency_mhz, source.gather(tick(1)).usage_percent) == ([], None)
    assert source.missing is not None
    assert source.missing.startswith("frequencies: ")


def test_temperatures_are_those_of_the_processor(tmp_path: Path) -> None:
    chips = {
        "hwmon0/name": "nvme",
        "hwmon0/temp1_input": "38900",
        "hwmon1/name": "coretemp",
        "hwmon1/temp1_input": "51000",
        "hwmon1/temp2_input": "nonsense",
        "hwmon2/name": "cpu_thermal",
        "hwmon2/temp1_input": "47700",
    }
    heat = Heat(Hwmon(lay_out(tmp_path, chips)), Zones(NOWHERE))
    source = Cpu(stat=lambda: stat(times()), frequencies=lambda _online: {}, heat=heat)
    assert source.gather(tick(0)).temperature_celsius == [51.0, None, 47.7]


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
