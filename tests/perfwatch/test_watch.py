"""A change in a folder is heard."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from perfwatch.files import write_private
from perfwatch.watch import watched


@pytest.mark.parametrize(
    "change",
    [
        lambda file: write_private(file, "new"),
        lambda file: file.write_text("new"),
        lambda file: file.unlink(),
        lambda file: file.with_name("other").touch(),
    ],
    ids=["replaced", "written", "removed", "made"],
)
async def test_a_change_is_heard_each_time(tmp_path: Path, change: Callable[[Path], None]) -> None:
    changed = asyncio.Event()
    with watched(tmp_path, changed) as told:
        assert told
        for _ in range(2):
            (file := tmp_path / "file").write_text("old")
            await asyncio.wait_for(changed.wait(), 20)
            changed.clear()
            change(file)
            await asyncio.wait_for(changed.wait(), 20)
            changed.clear()
            (tmp_path / "other").unlink(missing_ok=True)


async def test_afterwards_nothing_is_heard_and_the_signal_is_nobodys(tmp_path: Path) -> None:
    changed = asyncio.Event()
    with watched(tmp_path, changed):
        pass
    (tmp_path / "file").touch()
    assert signal.getsignal(signal.SIGIO) is signal.SIG_DFL
    assert not changed.is_set()
