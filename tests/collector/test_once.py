"""`perfwatch collector --once`: one tick, printed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from tests.collector.running import METRICS, MORE


def once(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "perfwatch.cli", "collector", "--once", "--host", "nas", *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_once_prints_one_tick_with_rates_and_needs_no_broker(tmp_path: Path) -> None:
    ended = once("--data-dir", str(tmp_path), "--broker", "not a broker")
    assert ended.returncode == 0
    tick = json.loads(ended.stdout)
    assert list(tick)[: 2 + len(METRICS)] == ["host", "timestamp", *METRICS]
    assert set(tick) <= {"host", "timestamp", *METRICS, *MORE}
    assert tick["host"] == "nas"
    assert datetime.fromisoformat(tick["timestamp"]).tzinfo is not None
    assert tick["cpu"]["usage_percent"] is not None
    assert tick["memory_bandwidth"]["pgfault_per_sec"] is not None
    assert tick["perf_events"]["available"] is not None
    assert "timestamp" not in tick["cpu"]
    assert len(ended.stdout.splitlines()) == 1


def test_once_prints_the_sources_that_are_asked_for(tmp_path: Path) -> None:
    ended = once("--data-dir", str(tmp_path), "--sources", "memory, cpu")
    assert list(json.loads(ended.stdout)) == ["host", "timestamp", "cpu", "memory"]
    assert ended.stderr == ""
