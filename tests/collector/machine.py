"""The real collector on a machine made up of files mounted over its own, in namespaces of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_ALONE = ("unshare", "--mount", "--net", "--uts", "sh", "-ec")
DATA = Path(__file__).parent / "cases" / "data"
CLASSES = "mount -t tmpfs t /sys/class\nmkdir /sys/class/hwmon /sys/class/thermal /sys/class/x"


@cache
def _refused() -> str | None:
    if shutil.which(_ALONE[0]) is None:
        return "unshare is not installed"
    ended = subprocess.run([*_ALONE, "mount -t tmpfs t /mnt"], capture_output=True, text=True, check=False)
    return ended.stderr.strip() or None


def needs_namespaces() -> None:
    """Skip the test where this user may not mount."""
    if reason := _refused():
        pytest.skip(f"needs a mount namespace: {reason}")


def put(path: str, content: object) -> str:
    """The shell command that makes that file, with its folder."""
    return f"mkdir -p {os.path.dirname(path)}\nprintf '%s\\n' '{content}' > {path}"  # noqa: PTH120


def bound(name: str, path: str) -> str:
    """The shell command that mounts a case's file over `path`."""
    return f"mount --bind {DATA / name} {path}"


def policies(*frequencies: tuple[int, str, object]) -> str:
    """cpufreq with those policies: number, cores, kHz."""
    root = "/sys/devices/system/cpu/cpufreq"
    files = [
        put(f"{root}/policy{number}/{file}", content)
        for number, cores, khz in frequencies
        for file, content in (("affected_cpus", cores), ("scaling_cur_freq", khz))
    ]
    return "\n".join([f"mount -t tmpfs t {root}", *files])


def once(change: str, *sources: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    """What `collector --once` prints of those sources after the shell commands `change`.

    The test is skipped where this user may not mount.
    """
    needs_namespaces()
    command = f'{change}\nexec "$0" -m perfwatch.cli collector --once --host nas --sources "$1"'
    ended = subprocess.run(
        [*_ALONE, command, sys.executable, ",".join(sources)],
        env=os.environ | (env or {}),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr.decode("utf-8", "replace")
    tick: dict[str, Any] = json.loads(ended.stdout)
    return tick
