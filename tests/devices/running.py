"""The devices as their users run them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import Mosquitto, wait_until


class Process:
    """`python -m devices`, which can be killed and started again with the same settings."""

    def __init__(self, folder: Path, broker: Mosquitto, presets: str) -> None:
        self.log = folder / "devices.log"
        self.command = [
            sys.executable,
            "-P",
            "-m",
            "devices",
            "--devices",
            presets,
            "--data-dir",
            str(folder),
        ]
        self.heartbeat = folder / "heartbeat"
        self.environ = {
            **os.environ,
            "PERFWATCH_BROKER": broker.url,
            "PERFWATCH_HEARTBEAT_FILE": str(self.heartbeat),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environ, stderr=log)
        self._starts += 1
        wait_until(lambda: self.log.read_text().count("connected to") == self._starts, "it is connected")

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def running(folder: Path, broker: Mosquitto, presets: str) -> Iterator[Process]:
    devices = Process(folder, broker, presets)
    devices.start()
    try:
        yield devices
    finally:
        assert devices.process is not None
        devices.process.kill()
        devices.process.wait(60)
