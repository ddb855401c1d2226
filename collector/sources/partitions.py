"""File systems: how full each mount point is."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from collector.sources.host_root import ROOT, host_root, own_name
from collector.sources.source import ReadText, read_text
from collector.sources.text import named, valid
from perfwatch.readings.core import Partition

if TYPE_CHECKING:
    from psutil._ntuples import sdiskpart, sdiskusage

# Images that are always full: snaps, live systems and discs.
_IMAGES = frozenset({"squashfs", "erofs", "cramfs", "iso9660"})


def _mounts() -> list[sdiskpart]:
    # Physical devices only: a network mount whose server is gone would hang whoever asks its size.
    return psutil.disk_partitions(all=False)


def _is_file(mountpoint: str) -> bool:
    try:
        return stat.S_ISREG(Path(mountpoint).stat().st_mode)
    except OSError:
        return False  # not ours to ask: its usage will say so


class Partitions:
    """The mounted file systems of physical devices, by mount point.

    In a container that has its machine's mounted at `root`, they are the machine's, under its own names.
    """

    def __init__(
        self,
        mounts: Callable[[], list[sdiskpart]] = _mounts,
        usage: Callable[[str], sdiskusage] = psutil.disk_usage,
        is_file: Callable[[str], bool] = _is_file,
        read: ReadText = read_text,
        root: Path | None = None,
    ) -> None:
        self._mounts = mounts
        self._usage = usage
        self._is_file = is_file
        self._read = read
        self._root = root or host_root()

    def read(self) -> dict[str, Partition]:
        """Of two mounts on one mount point the later is kept: it hides the other."""
        again = self._shown_again()
        # A container has single files mounted from its host, such as /etc/hosts: they are no file system.
        found = {
            name: self._partition(mount.mountpoint, valid(mount.device), valid(mount.fstype))
            for mount in self._mounts()
            if mount.fstype not in _IMAGES
            and valid(mount.mountpoint) not in again
            and not self._is_file(mount.mountpoint)
            and (name := own_name(mount.mountpoint, self._root)) is not None
        }
        # In a container the root is an overlay, which psutil counts as no device.
        return named(found.items()) or {str(ROOT): self._partition(str(self._root), None, None)}

    def _shown_again(self) -> frozenset[str]:
        try:
            return shown_again(self._read("/proc/self/mountinfo"))
        except OSError:
            return frozenset()  # not Linux

    def _partition(self, mountpoint: str, device: str | None, fstype: str | None) -> Partition:
        try:
            usage = self._usage(mountpoint)
        except OSError:  # unmounted since it was listed, or not ours to ask
            return Partition(device=device, fstype=fstype)
        return Partition(
            device=device,
            fstype=fstype,
            total_bytes=usage.total,
            used_bytes=usage.used,
            free_bytes=usage.free,
            usage_percent=usage.percent,
        )


def shown_again(mountinfo: str) -> frozenset[str]:
    """The mount points that show a part of a file system which is mounted elsewhere as a whole.

    Bind mounts: a service's private /tmp, a container's volumes on its host. As in `df`, a file
    system counts once. One of which only parts are mounted, as in a container, keeps them.
    """
    mounts = [line.split() for line in mountinfo.splitlines()]
    whole = [fields for fields in mounts if _is_whole(fields)]
    devices = {fields[2] for fields in whole}
    again = {fields[4] for fields in mounts if fields[2] in devices}
    # A /tmp that is a disk of its own stays one when a private /tmp is mounted over it.
    return frozenset(_unescaped(path) for path in again - {fields[4] for fields in whole})


def _is_whole(fields: list[str]) -> bool:
    """Of proc_pid_mountinfo(5): the mount's root is that of the file system, or of a btrfs subvolume."""
    options = fields[-1].split(",")
    return fields[3] == "/" or f"subvol={fields[3]}" in options


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), path)
