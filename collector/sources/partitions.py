"""File systems: how full each mount point is."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from perfwatch.readings import Partition

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
    """The mounted file systems of physical devices, by mount point."""

    def __init__(
        self,
        mounts: Callable[[], list[sdiskpart]] = _mounts,
        usage: Callable[[str], sdiskusage] = psutil.disk_usage,
        is_file: Callable[[str], bool] = _is_file,
    ) -> None:
        self._mounts = mounts
        self._usage = usage
        self._is_file = is_file

    def read(self) -> dict[str, Partition]:
        """Of two mounts on one mount point the later is kept: it hides the other."""
        # A container has single files mounted from its host, such as /etc/hosts: they are no file system.
        found = {
            mount.mountpoint: self._partition(mount.mountpoint, mount.device, mount.fstype)
            for mount in self._mounts()
            if mount.fstype not in _IMAGES and not self._is_file(mount.mountpoint)
        }
        # In a container the root is an overlay, which psutil counts as no device.
        return found or {"/": self._partition("/", None, None)}

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
