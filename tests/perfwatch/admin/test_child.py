from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from perfwatch.admin import child
from perfwatch.admin.child import Child
from tests.servers import wait_until

TALKER = "import sys, time\nwhile True:\n    print('x' * 1000, flush=True)\n    time.sleep(0.01)"


async def test_a_log_begins_anew_while_its_child_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_LOG_BYTES", 20_000)
    talker = Child("talker", [sys.executable, "-c", TALKER], dict(os.environ), tmp_path)
    await talker.start()
    try:
        wait_until(lambda: talker.log.stat().st_size > 30_000, "it has written much")
        talker.rotate()
        assert talker.log.stat().st_size < 20_000
        assert (tmp_path / "talker.log.1").stat().st_size > 30_000
        wait_until(lambda: talker.log.stat().st_size > 2_000, "it writes on")
        assert talker.log.read_bytes().startswith(b"x")
    finally:
        await talker.stop()
