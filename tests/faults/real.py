"""The collector as its users run it, and what became of what it read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from collector.delivery.reading import KeptReading
from perfwatch.history.store import HistoryStore, Series
from perfwatch.journal.record import Record, unpack
from perfwatch.readings.codec import format_time, from_ms
from tests.bridge.running import history
from tests.faults.field import Outcome
from tests.servers import Mosquitto, wait_until

DAY_MS = 86_400_000


class RealCollector:
    """`python -m collector`, which reads the memory twice a second. Its outbox keeps all of it here."""

    def __init__(self, folder: Path, broker: Mosquitto, host: str, **environ: str) -> None:
        self.host = host
        self.log = folder / f"{host}.log"
        self._outbox = folder / "data" / "outbox" / host
        self._environ = {
            **os.environ,
            "PERFWATCH_BROKER": broker.url,
            "PERFWATCH_HOST": host,
            "PERFWATCH_DATA_DIR": str(folder / "data"),
            "PERFWATCH_SOURCES": "memory",
            "PERFWATCH_INTERVAL": "500ms",
            **environ,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "collector"], env=self._environ, stderr=log
            )

    def end(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(60)
        self._process = None

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in self.log.read_text(), f"{words!r} in the collector's log")

    def taken(self) -> set[str]:
        """The timestamps of all readings that were appended to the outbox."""
        found = [
            record
            for path in self._outbox.glob("*.journal")
            for record in unpack(path.read_bytes())
            if isinstance(record, Record) and record.readings
        ]
        return {msgspec.json.decode(KeptReading.of(record).payload)["timestamp"] for record in found}

    def settle(self, address: str) -> Outcome:
        """Once what waited is in the history, end it in order, wait for its last reading there, and count."""
        with history(address) as store:
            self._wait_for_newest(store)
            self.end(signal.SIGTERM)
            self._wait_for_newest(store)
            taken, there = self.taken(), self._stored(store)
        return Outcome(len(taken), len(there), len(taken - set(there)), len(there) - len(set(there)))

    def _wait_for_newest(self, store: HistoryStore) -> None:
        """They come in order: what is not there when the newest is does not come any more."""
        newest = max(self.taken())
        wait_until(lambda: newest in self._stored(store), f"the reading of {newest} is stored")

    def _stored(self, store: HistoryStore) -> list[str]:
        one = Series("memory", self.host, "", "", "usage_percent")
        now = time.time_ns() // 1_000_000
        found = store.query([one], now - DAY_MS, now + DAY_MS, 1)[one]
        return [format_time(from_ms(bucket.time)) for bucket in found]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)
