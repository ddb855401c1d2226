"""What installing a service needs of systemd, for whatever service it is."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from perfwatch.errors import StartError


def quoted(word: str) -> str:
    """A word of a unit's command line, taken by systemd as it is written here."""
    word = word.replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w./%$+:@=,-]+", word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def systemctl(words: Sequence[str]) -> None:
    """Run a command of systemd's. Raises StartError with what it says."""
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise StartError(f"`{' '.join(words)}` failed: {ended.stderr.strip() or ended.returncode}")


def check_root(uid: int) -> None:
    """Raise StartError for a user who may not write under /etc."""
    if uid != 0:
        raise StartError(
            "Only root may do this: put `sudo` before it (the service itself runs as an unprivileged user). "
            "`install-service --print` shows the unit and changes nothing"
        )


def check_systemd(running: Path = Path("/run/systemd/system")) -> None:
    """Raise StartError where systemd is not what starts services."""
    if not running.is_dir():
        raise StartError(
            "systemd does not run here, so it cannot start a service. `install-service --print` shows the "
            "unit; with another init system, use the command in it"
        )
