from __future__ import annotations

from collector.sources.cpu_cores import CpuCores
from collector.sources.proc_stat import parse
from perfwatch.readings.optional import CpuCores as Reading
from tests.collector.recording import tick


def gather(*texts: str) -> list[Reading]:
    """A reading a second, of the rows of /proc/stat."""
    ahead = iter(texts)
    source = CpuCores(lambda: parse(f"cpu 0 0 0 0\n{next(ahead)}"))
    return [source.gather(tick(float(second))) for second in range(len(texts))]


BEFORE = "cpu0 100 0 100 100 100 100 100 100\ncpu2 100 0 100 100 100 100 100 100"


def test_each_core_has_its_shares_at_the_kernels_number() -> None:
    later = "cpu0 120 10 110 140 110 105 105 100\ncpu2 100 0 200 100 100 100 100 100"
    first, second = gather(BEFORE, later)
    assert first.user == [None, None, None]
    assert (second.user, second.system) == ([30.0, None, 0.0], [10.0, None, 100.0])
    assert (second.iowait, second.irq, second.softirq) == (
        [10.0, None, 0.0],
        [5.0, None, 0.0],
        [5.0, None, 0.0],
    )


def test_a_core_that_was_off_has_none_and_a_counter_that_stepped_back_costs_itself() -> None:
    back = "cpu0 100 0 100 200 99 100 100 100\ncpu1 500 0 500 500\ncpu2 100 0 100 200 100 100 100 100"
    _, second, third = gather(BEFORE, back, back.replace("cpu2", "x"))
    assert (second.user, second.iowait) == ([0.0, None, 0.0], [None, None, 0.0])
    assert len(third.user) == 3
    assert third.user[2] is None


def test_a_kernel_that_does_not_count_steal_has_none() -> None:
    assert gather("cpu0 1 2 3 4", "cpu0 1 2 3 9")[1].steal == [None]
