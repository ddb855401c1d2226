"""Units of systemd that have failed, as `systemctl` lists them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from collector.sources.background import Background
from collector.sources.source import Absent, Tick
from perfwatch.readings import optional as readings

EVERY_SECONDS = 60.0
PATIENCE_SECONDS = 15.0
_ASK_SECONDS = 10.0

# Text, as every version prints it: --output=json came with 246 only.
_COMMAND = (
    "systemctl",
    "list-units",
    "--state=failed",
    "--all",
    "--full",
    "--plain",
    "--no-legend",
    "--no-pager",
)
_RUNNING = Path("/run/systemd/system")


def list_failed() -> str:
    """What systemctl prints. Raises OSError when it cannot be run or fails."""
    environ = {"PATH": os.defpath, "LC_ALL": "C"}
    try:
        ended = subprocess.run(
            _COMMAND,
            env=environ,
            capture_output=True,
            timeout=_ASK_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as exc:
        raise TimeoutError(f"systemctl did not answer within {_ASK_SECONDS:.0f} s") from exc
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip()
        raise OSError(f"systemctl ended with exit code {ended.returncode}: {said}")
    return ended.stdout.decode("utf-8", "replace")


class Systemd:
    """Asked in the background, at most once a minute: it starts a process."""

    name = "systemd"
    quick = True

    def __init__(self, ask: Callable[[], str] = list_failed, running: Path = _RUNNING) -> None:
        self._running = running
        self._units = Background("systemctl", lambda: failed(ask()), EVERY_SECONDS, PATIENCE_SECONDS)

    def gather(self, tick: Tick) -> readings.Systemd | None:
        if not self._running.is_dir():
            raise Absent("it was not started by systemd")
        answer = self._units.newest()
        if answer is None:
            return None
        return readings.Systemd(
            timestamp=tick.timestamp,
            failed=len(answer.value),
            age_seconds=round(max(0.0, tick.monotonic - answer.at), 1),
            units=answer.value,
        )


def failed(text: str) -> dict[str, readings.FailedUnit]:
    """The units that systemctl printed: name, load, active and sub state, description. Raises ValueError."""
    units = {}
    for line in filter(str.strip, text.split("\n")):
        # Before version 246 a dot comes first, although it is to be plain.
        words = line.lstrip("●* ").split(None, 4)
        if len(words) < 4:
            raise ValueError(f"systemctl printed {line!r}, which is no unit")
        name, _load, _active, sub, *description = words
        units[name] = readings.FailedUnit(description=description[0] if description else None, state=sub)
    return units
