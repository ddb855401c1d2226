from __future__ import annotations

from pathlib import Path

import pytest

from collector.sources.memory_bandwidth import MemoryBandwidth, vmstat
from perfwatch.readings import core
from tests.collector.recording import absent, tick

STEADY = {"pgpgin": 5000, "pgpgout": 8000, "pswpin": 10, "pswpout": 20, "pgfault": 700, "pgmajfault": 7}


def text(**changed: int) -> str:
    counters = STEADY | changed
    return "nr_free_pages 5\n" + "".join(f"{name} {value}\n" for name, value in counters.items())


def gather(*texts: str) -> list[core.MemoryBandwidth]:
    """A reading every two seconds, with pages of 16 kB."""
    ahead = iter(texts)
    source = MemoryBandwidth(lambda _path: next(ahead), page_bytes=16384)
    return [source.gather(tick(1000.0 + 2 * number)) for number in range(len(texts))]


def test_the_first_tick_has_no_rates() -> None:
    (first,) = gather(text())
    assert (first.pgpgin_per_sec, first.page_io_bytes_per_sec, first.pgfault_per_sec) == (None, None, None)


def test_rates_are_per_second() -> None:
    _, second = gather(
        text(), text(pgpgin=5200, pgpgout=8100, pswpin=14, pswpout=22, pgfault=900, pgmajfault=9)
    )
    assert (second.pgpgin_per_sec, second.pgpgout_per_sec) == (100.0, 50.0)
    assert (second.pswpin_per_sec, second.pswpout_per_sec) == (2.0, 1.0)
    assert (second.pgfault_per_sec, second.pgmajfault_per_sec) == (100.0, 1.0)


def test_paging_is_counted_in_kilobytes_and_swapping_in_pages() -> None:
    _, second = gather(text(), text(pgpgin=5200, pgpgout=8100, pswpin=14, pswpout=22))
    assert second.page_io_bytes_per_sec == 150 * 1024
    assert second.swap_io_bytes_per_sec == 3 * 16384


def test_a_counter_that_went_backwards_gives_null_and_so_does_its_sum() -> None:
    _, second, third = gather(text(), text(pgpgin=1), text(pgpgin=201))
    assert (second.pgpgin_per_sec, second.page_io_bytes_per_sec) == (None, None)
    assert second.pgpgout_per_sec == 0.0
    assert third.page_io_bytes_per_sec == 100 * 1024


def test_a_kernel_without_swap_counters_leaves_them_null() -> None:
    short = "pgpgin 1\npgpgout 2\n"
    _, second = gather(short, short)
    assert (second.page_io_bytes_per_sec, second.swap_io_bytes_per_sec) == (0.0, None)


def test_a_system_without_proc_fails_the_source() -> None:
    with pytest.raises(FileNotFoundError):
        MemoryBandwidth(absent).gather(tick(0))


def test_a_broken_line_costs_its_own_rate() -> None:
    assert vmstat("pgpgin many\npgpgout 18446744073709551615\npgfault 7\n") == {"pgfault": 7}


def test_the_real_machine_agrees_with_proc() -> None:
    def faults() -> int:
        return vmstat(Path("/proc/vmstat").read_text())["pgfault"]

    source = MemoryBandwidth()
    outer = faults()
    source.gather(tick(0))
    inner = faults()
    assert sum(bytearray(1024 * 1024)) == 0
    inner = faults() - inner
    rate = source.gather(tick(1)).pgfault_per_sec
    assert rate is not None
    assert inner <= rate <= faults() - outer
