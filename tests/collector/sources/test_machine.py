from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from collector.sources.machine import BootTime, machine


def test_the_real_machine_agrees_with_proc() -> None:
    found = machine()
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
    assert found.boot_time is not None
    assert found.boot_time.timestamp() == pytest.approx(int(boot.split()[1]), abs=1)
    assert found.core_count == os.cpu_count()
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert found.memory_total_bytes == total


def test_what_the_system_does_not_tell_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise RuntimeError("no cores")

    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: refuse())
    found = machine(lambda: None)
    assert (found.core_count, found.physical_cores) == (None, None)
    assert found.boot_time is None
    assert found.memory_total_bytes is not None


@pytest.mark.parametrize("error", [psutil.AccessDenied(), RuntimeError("line 'btime' not found")])
def test_a_system_that_does_not_tell_when_it_was_started_has_no_boot_time(error: Exception) -> None:
    def refuse() -> float:
        raise error

    assert BootTime(refuse)() is None


def test_a_boot_time_that_jitters_is_held_and_one_that_was_wrong_is_corrected() -> None:
    told = iter([1_700_000_000, 1_700_000_001, 1_699_999_999, 1_700_086_400, 1_700_086_401])
    boot_time = BootTime(lambda: next(told))
    seen = [boot_time() for _ in range(5)]
    assert [moment and moment.timestamp() for moment in seen] == [1_700_000_000] * 3 + [1_700_086_400] * 2


def test_before_the_clock_is_set_nobody_knows_when_it_was_started() -> None:
    told = iter([5, 1_700_000_000])
    boot_time = BootTime(lambda: next(told))
    assert [boot_time(), boot_time() is not None] == [None, True]
