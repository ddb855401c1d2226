from __future__ import annotations

import pytest

from collector.sources.pressure import Pressure, stalls
from collector.sources.source import Absent
from tests.collector.recording import absent, tick

TEXT = """some avg10=1.50 avg60=0.75 avg300=0.25 total={some}
full avg10=0.50 avg60=0.10 avg300=0.05 total={full}
"""


class Kernel:
    """Its counters are in microseconds."""

    def __init__(self, *without: str) -> None:
        self.some, self.full = 1_000_000, 500_000
        self._without = without

    def read(self, path: str) -> str:
        if path.rpartition("/")[2] in self._without:
            raise OSError(95, "Operation not supported")
        return TEXT.format(some=self.some, full=self.full)


def test_averages_are_the_kernels_and_the_first_tick_has_no_stall() -> None:
    reading = Pressure(Kernel().read).gather(tick(0))
    assert list(reading.resources) == ["cpu", "memory", "io"]
    memory = reading.resources["memory"]
    assert (memory.some_avg10_percent, memory.some_avg60_percent, memory.some_avg300_percent) == (
        1.5,
        0.75,
        0.25,
    )
    assert (memory.full_avg10_percent, memory.full_avg60_percent, memory.full_avg300_percent) == (
        0.5,
        0.1,
        0.05,
    )
    assert (memory.some_stall_ms_per_sec, memory.full_stall_ms_per_sec) == (None, None)


def test_stalls_are_milliseconds_in_each_second_of_the_tick() -> None:
    kernel = Kernel()
    source = Pressure(kernel.read)
    source.gather(tick(10))
    kernel.some, kernel.full = kernel.some + 3_000_000, kernel.full + 500_000
    stall = source.gather(tick(15)).resources["io"]
    assert (stall.some_stall_ms_per_sec, stall.full_stall_ms_per_sec) == (600.0, 100.0)


def test_a_total_that_went_backwards_is_null_for_that_tick() -> None:
    kernel = Kernel()
    source = Pressure(kernel.read)
    source.gather(tick(10))
    kernel.some = 5
    assert source.gather(tick(15)).resources["io"].some_stall_ms_per_sec is None


def test_a_kernel_that_counts_no_full_processor_stall_has_null() -> None:
    source = Pressure(lambda _path: TEXT.splitlines()[0].format(some=1))
    assert source.gather(tick(0)).resources["cpu"].full_avg10_percent is None


def test_a_resource_that_is_not_counted_is_left_out() -> None:
    assert list(Pressure(Kernel("io").read).gather(tick(0)).resources) == ["cpu", "memory"]


def test_a_kernel_that_counts_none_is_said_to_have_none() -> None:
    for read in (absent, Kernel("cpu", "memory", "io").read):
        with pytest.raises(Absent, match="psi=1"):
            Pressure(read).gather(tick(0))


@pytest.mark.parametrize("text", ["some\n", "some avg10=high avg60=0 avg300=0 total=0\n", "garbage\n\n"])
def test_text_of_another_shape_fails_the_source(text: str) -> None:
    with pytest.raises(ValueError, match="has the line"):
        stalls(text)
    with pytest.raises(ValueError, match="has the line"):
        Pressure(lambda _path: text).gather(tick(0))


def test_one_resource_that_is_told_in_other_words_costs_itself(caplog: pytest.LogCaptureFixture) -> None:
    kernel = Kernel()
    source = Pressure(lambda path: "some total=1\n" if path.endswith("io") else kernel.read(path))
    assert list(source.gather(tick(0)).resources) == ["cpu", "memory"]
    source.gather(tick(1))
    assert source.missing == "io: ValueError: /proc/pressure has the line 'some total=1'"
    assert len(caplog.records) == 1


def test_an_average_that_cannot_be_is_null() -> None:
    text = "some avg10=4294967296.00 avg60=1.00 avg300=100.00 total=1\n"
    memory = Pressure(lambda _path: text).gather(tick(0)).resources["memory"]
    assert (memory.some_avg10_percent, memory.some_avg60_percent, memory.some_avg300_percent) == (
        None,
        1.0,
        100.0,
    )
