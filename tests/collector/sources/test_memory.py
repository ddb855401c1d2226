from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from psutil._ntuples import sswap, svmem

from collector.sources.memory import Memory, huge_pages
from tests.collector.recording import absent, recorded, tick

VIRTUAL = svmem(
    total=16000,
    available=9000,
    percent=43.8,
    used=7000,
    free=2000,
    active=1,
    inactive=2,
    buffers=400,
    cached=6000,
    shared=200,
    slab=3,
)
SWAP = sswap(total=2000, used=500, free=1500, percent=25.0, sin=0, sout=0)


def test_every_size_has_its_place() -> None:
    reading = Memory(lambda: VIRTUAL, lambda: SWAP, recorded).gather(tick(0))
    assert (reading.total_bytes, reading.used_bytes, reading.available_bytes) == (16000, 7000, 9000)
    assert (reading.free_bytes, reading.cached_bytes, reading.buffers_bytes) == (2000, 6000, 400)
    assert (reading.shared_bytes, reading.usage_percent) == (200, 43.8)
    assert (reading.swap_total_bytes, reading.swap_used_bytes, reading.swap_free_bytes) == (2000, 500, 1500)
    assert reading.swap_percent == 25.0


def test_huge_pages_are_read_from_meminfo() -> None:
    reading = Memory(lambda: VIRTUAL, lambda: SWAP, recorded).gather(tick(0))
    assert (reading.hugepages_total, reading.hugepages_free, reading.hugepages_reserved) == (64, 48, 6)


def test_a_kernel_without_huge_pages_has_none() -> None:
    assert huge_pages("MemTotal:       16336140 kB\n") == {}


def test_a_system_without_proc_leaves_huge_pages_null() -> None:
    reading = Memory(lambda: VIRTUAL, lambda: SWAP, absent).gather(tick(0))
    assert (reading.hugepages_total, reading.total_bytes) == (None, 16000)


def test_a_machine_without_swap_has_no_swap_percentage() -> None:
    none = sswap(total=0, used=0, free=0, percent=0.0, sin=0, sout=0)
    reading = Memory(lambda: VIRTUAL, lambda: none, recorded).gather(tick(0))
    assert (reading.swap_total_bytes, reading.swap_percent) == (0, None)


def test_what_macos_does_not_count_is_null() -> None:
    # psutil's tuple on macOS has no cached, buffers and shared.
    mac = SimpleNamespace(total=16000, available=9000, percent=43.8, used=7000, free=2000)
    reading = Memory(lambda: cast(svmem, mac), lambda: SWAP, absent).gather(tick(0))
    assert (reading.cached_bytes, reading.buffers_bytes, reading.shared_bytes) == (None, None, None)


def test_a_broken_meminfo_fails_the_source() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Memory(read=lambda _path: "HugePages_Total: many\n").gather(tick(0))


def test_the_real_machine_agrees_with_proc() -> None:
    rows = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    kilobytes = {row[0].rstrip(":"): int(row[1]) for row in rows}
    reading = Memory().gather(tick(0))
    assert reading.total_bytes == kilobytes["MemTotal"] * 1024
    assert reading.swap_total_bytes == kilobytes["SwapTotal"] * 1024
    assert reading.hugepages_total == kilobytes["HugePages_Total"]
    # Other processes take and give between the two looks; a wrong unit would be far outside.
    assert reading.available_bytes == pytest.approx(kilobytes["MemAvailable"] * 1024, rel=0.2)
