"""The real collector on a machine made up of files mounted over its own, in namespaces of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

_ALONE = ("unshare", "--mount", "--net", "--uts", "sh", "-ec")


@cache
def _refused() -> str | None:
    if shutil.which(_ALONE[0]) is None:
        return "unshare is not installed"
    ended = subprocess.run([*_ALONE, "mount -t tmpfs t /mnt"], capture_output=True, text=True, check=False)
    return ended.stderr.strip() or None


def once(change: str, *sources: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    """What `collector --once` prints of those sources after the shell commands `change`.

    The test is skipped where this user may not mount.
    """
    if reason := _refused():
        pytest.skip(f"needs a mount namespace: {reason}")
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
