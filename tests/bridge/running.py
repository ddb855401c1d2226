"""The bridge as its users run it, and inside a test."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from bridge.app import Bridge
from bridge.systemd_notify import Notifier
from perfwatch.history.open import open_store
from perfwatch.history.store import HistoryStore, Series
from perfwatch.settings import Settings
from tests.bridge.publisher import START_MS
from tests.servers import Mosquitto, wait_until

NUMBERS = Series("cpu", "nas", "", "", "user")

# What a broker needs to lose nothing of an absent bridge over a restart of its own.
LASTING_BROKER = """
persistence true
persistence_location {folder}/
allow_anonymous true
max_queued_messages 0
max_inflight_messages 0
"""


class Process:
    """`python -m bridge`, which can be killed and started again with the same settings."""

    def __init__(self, folder: Path, broker: Mosquitto, bridge_id: str = "test", history: str = "") -> None:
        self.log = folder / f"{bridge_id}.log"
        self.history = history or f"sqlite://{folder / 'history.db'}"
        self.environ = {
            **os.environ,
            "PERFWATCH_BROKER": broker.url,
            "PERFWATCH_HISTORY": self.history,
            "PERFWATCH_BRIDGE_ID": bridge_id,
            "PERFWATCH_DATA_DIR": str(folder / "data"),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "bridge"], env=self.environ, stderr=log)

    def wait_for(self, words: str, times: int = 1) -> None:
        """Return once the log has said `words` that often."""
        seen = f"{words!r} in the bridge's log"
        wait_until(lambda: self.log.read_text().count(words) >= times, seen)

    def end(self, number: int) -> int:
        """Send that signal; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.process = None
        return code


@contextmanager
def bridge_process(folder: Path, broker: Mosquitto, history: str = "") -> Iterator[Process]:
    bridge = Process(folder, broker, history=history)
    bridge.start()
    try:
        yield bridge
    finally:
        if bridge.process is not None:
            bridge.process.kill()
            bridge.process.wait(60)


@asynccontextmanager
async def bridge_inside(
    broker: Mosquitto, store: HistoryStore, notifier: Notifier | None = None, **given: Any
) -> AsyncIterator[Bridge]:
    """A bridge in this process, stopped in order at the end. Its spool is in the broker's folder."""
    settings = Settings(broker=broker.url, bridge_id="test", data_dir=str(broker.folder), **given)
    bridge = Bridge(settings, store, notifier)
    running = asyncio.create_task(bridge.run())
    try:
        yield bridge
    finally:
        bridge.stop()
        async with asyncio.timeout(60):
            await running


def numbers(store: HistoryStore) -> list[int]:
    """The numbered readings that the history has, in their order, each as often as it is there."""
    buckets = store.query([NUMBERS], START_MS, START_MS + 10**9, 1)[NUMBERS]
    assert all((bucket.time - START_MS) // 1000 == bucket.mean for bucket in buckets)
    return [round(bucket.mean) for bucket in buckets]


@contextmanager
def history(url: str) -> Iterator[HistoryStore]:
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()
