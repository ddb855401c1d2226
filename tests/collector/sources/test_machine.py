from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from collector.sources.machine import machine


def test_the_real_machine_agrees_with_proc() -> None:
    found = machine()
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
    assert found.boot_time is not None
    assert found.boot_time.timestamp() == pytest.approx(int(boot.split()[1]), abs=1)
    assert found.core_count == os.cpu_count()
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert found.memory_total_bytes == total


def test_what_the_system_does_not_tell_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> float:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "boot_time", refuse)
    found = machine()
    assert found.boot_time is None
    assert found.memory_total_bytes is not None
