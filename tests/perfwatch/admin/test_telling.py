"""What `perfwatch up` repeats of its children's logs, and what it says of a full disk."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from perfwatch.admin import child as children
from perfwatch.admin.child import Child
from perfwatch.admin.telling import errors, tell_errors, tell_of_room

LOG = b"""\
2026-11-29T16:07:50Z INFO bridge: connected
2026-11-29T16:07:58Z ERROR bridge: the disk is full
2026-11-29T16:07:58Z ERROR bridge: the disk is full
1795968529: Saving in-memory database
1795968529: Error: No space left on device.
"""


def test_errors_are_what_services_and_mosquitto_call_so() -> None:
    assert errors(LOG) == [("bridge", "the disk is full"), ("", "Error: No space left on device.")]


async def test_a_childs_error_is_repeated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwatch.admin.telling._LOOK_SECONDS", 0.01)
    (tmp_path / "bridge.log").write_bytes(LOG.replace(b"full", b"of an earlier run"))
    talker = Child("bridge", [sys.executable, "-c", f"print({LOG.decode()!r})"], dict(os.environ), tmp_path)
    await talker.start()
    await talker.wait()
    said: asyncio.Queue[str] = asyncio.Queue()
    telling = asyncio.create_task(tell_errors([talker], said.put_nowait))
    async with asyncio.timeout(60):
        assert await said.get() == "  bridge     the disk is full"
        assert await said.get() == "  bridge     Error: No space left on device."
        with talker.log.open("ab") as log:
            log.write(LOG + b"2026-11-29T16:08:00Z ERROR bridge: another\n")
        assert [await said.get() for _ in range(3)][-1] == "  bridge     another"
    telling.cancel()


async def test_a_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    talker = Child("bridge", [], {}, tmp_path)
    talker.log.write_bytes(b"one\ntw")
    assert talker.written() == b"one\n"
    with talker.log.open("ab") as log:
        log.write(b"o\n")
    assert talker.written() == b"two\n"
    talker.log.write_bytes(b"")
    assert talker.written() == b""


async def test_a_full_disk_is_told_once_and_that_it_has_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perfwatch.admin.telling._ROOM_SECONDS", 0.01)
    monkeypatch.setattr(children, "_LEAST_BYTES", 1 << 80)
    said: asyncio.Queue[str] = asyncio.Queue()
    telling = asyncio.create_task(tell_of_room(tmp_path, said.put_nowait))
    async with asyncio.timeout(60):
        assert await said.get() == f"  The disk of {tmp_path} is full: no reading is stored. Make room there"
        monkeypatch.setattr(children, "_LEAST_BYTES", 0)
        assert (await said.get()).startswith("  There is room again")
    telling.cancel()
