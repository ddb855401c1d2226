"""Where the machine's own files are: at /, or at /host, where a collector in a container has them mounted."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from collector.sources.source import ReadText, read_text

ROOT = Path("/")
MOUNTED = Path("/host")

# The first usually leads to the second; a link by its whole path would lead out of /host.
_RELEASES = ("etc/os-release", "usr/lib/os-release")


def host_root(place: Path = MOUNTED, is_mount: Callable[[Path], bool] = os.path.ismount) -> Path:
    """`place` when a whole system is mounted there, else /."""
    return place if is_mount(place) and (place / "etc").is_dir() else ROOT


def own_name(mountpoint: str, root: Path) -> str | None:
    """What the machine itself calls a mount point that we see below `root`; None for what is only ours."""
    path = Path(mountpoint)
    return str(ROOT / path.relative_to(root)) if path.is_relative_to(root) else None


def os_release(root: Path | None = None, read: ReadText = read_text) -> dict[str, str]:
    """The machine's os-release. Raises OSError when it has none."""
    root = root or host_root()
    for name in _RELEASES:
        try:
            return dict(_assigned(read(str(root / name))))
        except FileNotFoundError:
            continue
    raise FileNotFoundError(f"{root} has no os-release")


def _assigned(text: str) -> Iterator[tuple[str, str]]:
    """Of os-release(5): NAME=value, quoted as in a shell. A line that is not costs that line."""
    for line in text.split("\n"):
        name, _, value = line.partition("=")
        try:
            words = shlex.split(value)
        except ValueError:
            continue
        yield name.strip(), "".join(words[:1])
