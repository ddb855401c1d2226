from __future__ import annotations

from pathlib import Path

import pytest

from collector.sources.memory import Memory, arcstats, meminfo
from perfwatch.readings import core
from tests.collector.recording import absent, recorded, tick

KILOBYTE = 1024


def gather(text: str, arc: str = "") -> core.Memory:
    def read(path: str) -> str:
        if path.endswith("arcstats") and not arc:
            raise FileNotFoundError(2, "x", path)
        return arc if path.endswith("arcstats") else text

    return Memory(read).gather(tick(0))


def test_every_size_has_its_place() -> None:
    told, reading = meminfo(recorded("meminfo")), Memory(recorded).gather(tick(0))
    assert (reading.total_bytes, reading.free_bytes) == (told["MemTotal"], told["MemFree"])
    assert (reading.available_bytes, reading.buffers_bytes) == (told["MemAvailable"], told["Buffers"])
    assert reading.used_bytes == told["MemTotal"] - told["MemAvailable"]
    assert (reading.cached_bytes, reading.shared_bytes) == (told["Cached"], told["Shmem"])


def test_caches_are_counted_as_free_counts_them() -> None:
    reading = gather("MemTotal: 100 kB\nCached: 5 kB\nSReclaimable: 2 kB\nSlab: 3 kB\nDirty: 1 kB\n")
    assert (reading.cached_bytes, reading.slab_bytes) == (7 * KILOBYTE, 3 * KILOBYTE)
    assert (reading.dirty_bytes, reading.committed_bytes) == (KILOBYTE, None)


def test_huge_pages_are_read_from_meminfo() -> None:
    reading = Memory(recorded).gather(tick(0))
    assert (reading.hugepages_total, reading.hugepages_free, reading.hugepages_reserved) == (64, 48, 6)


def test_a_system_without_proc_is_asked_by_psutil() -> None:
    reading = Memory(absent).gather(tick(0))
    assert reading.total_bytes == meminfo(Path("/proc/meminfo").read_text())["MemTotal"]
    assert (reading.hugepages_total, reading.cached_bytes) == (None, None)


def test_a_machine_without_swap_has_no_swap_percentage() -> None:
    reading = gather("MemTotal: 100 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")
    assert (reading.swap_total_bytes, reading.swap_used_bytes, reading.swap_percent) == (0, 0, None)


def test_a_row_that_is_no_number_costs_that_row() -> None:
    reading = gather("MemTotal: 100 kB\nMemFree: many kB\n\nHugePages_Total: some\nBuffers: 7 kB\n")
    assert (reading.total_bytes, reading.free_bytes, reading.hugepages_total) == (100 * KILOBYTE, None, None)
    assert reading.buffers_bytes == 7 * KILOBYTE


def test_without_a_total_there_is_no_reading() -> None:
    with pytest.raises(ValueError, match="how much memory"):
        gather("HugePages_Total: 3\n")


def test_more_than_the_total_is_null() -> None:
    reading = gather("MemTotal: 100 kB\nMemFree: 200 kB\nSwapTotal: 10 kB\nSwapFree: 20 kB\n")
    assert (reading.free_bytes, reading.used_bytes, reading.usage_percent) == (None, None, None)
    assert (reading.swap_total_bytes, reading.swap_free_bytes, reading.swap_percent) == (
        10 * KILOBYTE,
        None,
        None,
    )


def test_a_container_whose_host_has_more_available_has_what_is_free() -> None:
    reading = gather("MemTotal: 100 kB\nMemFree: 40 kB\nMemAvailable: 9000 kB\n")
    assert (reading.available_bytes, reading.usage_percent) == (40 * KILOBYTE, 60.0)


def test_what_zfs_would_give_back_is_not_used() -> None:
    arc = "13 1 0x01 123\nname type data\nsize 4 30720\nc_min 4 10240\n"
    reading = gather("MemTotal: 100 kB\nMemFree: 40 kB\nMemAvailable: 40 kB\n", arc)
    assert (reading.zfs_arc_bytes, reading.available_bytes) == (30 * KILOBYTE, 60 * KILOBYTE)
    assert reading.usage_percent == 40.0
    with pytest.raises(LookupError):
        arcstats("size 4 many\n")


def test_the_real_machine_agrees_with_proc() -> None:
    rows = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    kilobytes = {row[0].rstrip(":"): int(row[1]) for row in rows}
    reading = Memory().gather(tick(0))
    assert reading.total_bytes == kilobytes["MemTotal"] * 1024
    assert reading.swap_total_bytes == kilobytes["SwapTotal"] * 1024
    assert reading.hugepages_total == kilobytes["HugePages_Total"]
    # Other processes take and give between the two looks; a wrong unit would be far outside.
    assert reading.available_bytes == pytest.approx(kilobytes["MemAvailable"] * 1024, rel=0.2)
