"""Which file systems are mounted where: /proc/self/mountinfo, and psutil where there is none."""

from __future__ import annotations

import math
import os
import re
import select
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import psutil

from collector.sources.source import read_bytes, read_text
from collector.sources.text import valid

# Images that are always full: snaps, live systems and discs.
_IMAGES = frozenset({"squashfs", "erofs", "cramfs", "iso9660", "udf"})
# On no device of this system, but what its people look at: pools of disks, and the disks of a WSL's Windows.
_POOLS = frozenset({"zfs", "fuse.mergerfs", "mergerfs", "fuse.shfs", "shfs", "drvfs"})
_WINDOWS = re.compile(r"[A-Za-z]:(\\|/|$)|drvfs")
_PATH = "/proc/self/mountinfo"
# An emulation of Linux may not say when it changes.
_REFRESH_SECONDS = 60.0
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """`mountpoint` is as the system must be asked for it: it may be no valid text.

    `system` is the file system: of two mounts with one, both show the whole of it.
    """

    mountpoint: str
    device: str
    fstype: str
    system: str | None = None


class Mounts:
    """The file systems that are on a device, or that people look at as if they were."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._events: select.poll | None = None
        self._mounts: list[Mount] = []
        self._read_at = -math.inf

    def __call__(self) -> list[Mount]:
        """Raises OSError."""
        if not psutil.LINUX:
            rows = psutil.disk_partitions(all=False)
            return [
                Mount(row.mountpoint, row.device, row.fstype) for row in rows if row.fstype not in _IMAGES
            ]
        now = self._clock()
        if self._changed() or now - self._read_at >= _REFRESH_SECONDS:
            self._read_at = -math.inf  # also when it cannot be read now
            types = on_device(read_text("/proc/filesystems"))
            self._mounts = parse(read_bytes(_PATH).decode("utf-8", "surrogateescape"), types)
            self._read_at = now
        return self._mounts

    def _changed(self) -> bool:
        """Whether the kernel says so, as it does to whoever holds the file open (proc_pid_mounts(5))."""
        if self._events is None:
            held = os.open(_PATH, os.O_RDONLY | os.O_CLOEXEC)
            weakref.finalize(self, os.close, held)
            self._events = select.poll()
            self._events.register(held, select.POLLPRI)
        return bool(self._events.poll(0))


def on_device(filesystems: str) -> frozenset[str]:
    """The types in /proc/filesystems that need a device. A network mount is none of them: it may hang."""
    return frozenset(line.strip() for line in filesystems.splitlines() if not line.startswith("nodev"))


def parse(mountinfo: str, types: frozenset[str]) -> list[Mount]:
    """The mounts in proc_pid_mountinfo(5), each file system once.

    Bind mounts that show a part of what is mounted elsewhere as a whole are left out: a service's
    private /tmp, a container's volumes on its host. Of which only parts are mounted keeps them.
    """
    rows = [row for line in mountinfo.split("\n") if (row := _row(line)) and _is_shown(row, types)]
    whole = {row.number for row in rows if row.is_whole}
    shown = [row for row in rows if row.is_whole or row.number not in whole]
    return [
        Mount(row.mountpoint, valid(row.source), valid(row.fstype), f"{row.number} {row.root}")
        for row in shown
    ]


class _Row(NamedTuple):
    number: str
    """The device's major and minor number, or one that the kernel gave the file system."""
    root: str
    mountpoint: str
    fstype: str
    source: str
    options: str

    @property
    def is_whole(self) -> bool:
        """The mount's root is that of the file system, or of a btrfs subvolume."""
        return self.root == "/" or f"subvol={self.root}" in self.options.split(",")


def _row(line: str) -> _Row | None:
    """None for what is no mount. Before the dash stand any number of fields.

    The kernel escapes its own separators alone: names may hold other white space, as Japanese ones do.
    """
    head, dash, tail = line.partition(" - ")
    fields, rest = head.split(" "), tail.split(" ")
    if not dash or len(fields) < 6 or len(rest) < 2:
        return None
    source = _unescaped(rest[1])
    return _Row(fields[2], _unescaped(fields[3]), _unescaped(fields[4]), rest[0], source, " ".join(rest[2:]))


def _is_shown(row: _Row, types: frozenset[str]) -> bool:
    if row.fstype in _IMAGES or row.source in ("none", ""):
        return False
    if row.fstype == "9p":
        return _WINDOWS.search(f"{row.source} {row.options}") is not None
    return row.fstype in types or row.fstype in _POOLS


def once(mounts: Iterable[Mount]) -> Iterator[Mount]:
    """Each file system nearest to the root, as `df` has it; of two on one mount point the later."""
    visible = {mount.mountpoint: mount for mount in mounts}.values()
    nearest: dict[str, str] = {}
    for mount in visible:
        if mount.system is not None:
            other = nearest.setdefault(mount.system, mount.mountpoint)
            nearest[mount.system] = min(other, mount.mountpoint, key=len)
    for mount in visible:
        if mount.system is None or nearest[mount.system] == mount.mountpoint:
            yield mount


def _unescaped(path: str) -> str:
    return _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), path)
