"""`python -m collector` as its users run it, and what it publishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.collector.listener import Listener
from tests.servers import wait_until

METRICS = ("cpu", "memory", "network", "disk", "perf_events", "memory_bandwidth")
# Published where the machine has such a thing.
MORE = ("sensors", "gpu", "pressure", "processes", "containers", "system", "systemd")


class Collector:
    """`with Collector(folder, url) as collector`: ended by its own process."""

    def __init__(self, folder: Path, url: str, *options: str) -> None:
        self._log = folder / "collector.log"
        self._command = [sys.executable, "-m", "collector", "--host", "nas", "--interval", "500ms", *options]
        self._command += ["--data-dir", str(folder / "data")]
        outside = {name: value for name, value in os.environ.items() if not name.startswith("PERFWATCH_")}
        self._environ = outside | {"PERFWATCH_BROKER": url, "PERFWATCH_DATA_DIR": str(folder / "data")}
        self._process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_for_line(self, part: str) -> None:
        wait_until(lambda: part in self.log, f"{part!r} in the log")

    def end(self, number: signal.Signals) -> int:
        """Send it that signal; its exit code."""
        self._process.send_signal(number)
        return self._process.wait(60)

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environ, stderr=log, preexec_fn=_heeds_hangups
            )
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(60)


def _heeds_hangups() -> None:
    """Tests that nohup runs hand on that SIGHUP is ignored, and a collector keeps to that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def readings(listener: Listener, metric: str) -> list[dict[str, Any]]:
    """Each once: the newest is sent again when Home Assistant is told of something new."""
    heard = [json.loads(payload) for payload in listener.topic(f"perfwatch/nas/{metric}")]
    return list({reading["timestamp"]: reading for reading in heard}.values())
