from __future__ import annotations

import logging
from pathlib import Path

import pytest

from collector.agent import Gathered
from collector.service.heartbeat import Heartbeat
from perfwatch.readings import codec, core

NOW = 1_700_000_000.0
READING = Gathered(core.Cpu(timestamp=codec.now()), b"{}")


def facts(interval: float) -> core.HostInfo:
    return core.HostInfo(hostname="nas", os="Linux", kernel="6", version="1", interval=interval)


def test_a_reading_is_good_for_some_intervals_from_now(tmp_path: Path) -> None:
    beat = Heartbeat(tmp_path / "heartbeat", lambda: NOW)
    beat.describe(facts(5))
    beat.publish({"cpu": READING})
    assert (tmp_path / "heartbeat").stat().st_mtime == NOW + 3 * 5 + 10


def test_a_new_interval_counts_from_the_next_reading(tmp_path: Path) -> None:
    beat = Heartbeat(tmp_path / "heartbeat", lambda: NOW)
    for interval in (5, 3600):
        beat.describe(facts(interval))
        beat.publish({"cpu": READING})
    assert (tmp_path / "heartbeat").stat().st_mtime == NOW + 3 * 3600 + 10


def test_a_file_that_cannot_be_written_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    beat = Heartbeat(tmp_path / "none" / "heartbeat", lambda: NOW)
    beat.publish({"cpu": READING})
    beat.publish({"memory": READING})
    assert [record.getMessage() for record in caplog.records] == [
        f"The heartbeat file {tmp_path}/none/heartbeat cannot be written: No such file or directory"
    ]
