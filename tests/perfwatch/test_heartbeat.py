from __future__ import annotations

from pathlib import Path

import pytest

from perfwatch.heartbeat import Heartbeat


def test_the_file_s_time_is_the_deadline(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "beat").beat(1_800_000_000.5)
    assert (tmp_path / "beat").stat().st_mtime == 1_800_000_000.5


def test_that_it_cannot_be_written_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    heartbeat = Heartbeat(tmp_path / "nowhere" / "beat")
    heartbeat.beat(1)
    heartbeat.beat(2)
    assert len(caplog.messages) == 1
