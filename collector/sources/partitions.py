"""File systems: how full each mount point is."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

from collector.sources.host_root import ROOT, host_root, own_name
from collector.sources.mounts import Mount, Mounts, once
from collector.sources.parts import Parts
from collector.sources.plausible import COUNT, at_most, plausible, times
from collector.sources.rates import percent
from collector.sources.source import FAILURES
from collector.sources.text import named
from perfwatch.readings.core import Partition


class Partitions:
    """The mounted file systems of physical devices, by mount point; each is asked apart.

    In a container that has its machine's mounted at `root`, they are the machine's, under its own names.
    """

    def __init__(
        self,
        mounts: Callable[[], list[Mount]] | None = None,
        usage: Callable[[str], os.statvfs_result] = os.statvfs,
        is_file: Callable[[str], bool] | None = None,
        root: Path | None = None,
    ) -> None:
        self._mounts = mounts or Mounts()
        self._usage = usage
        self._is_file = is_file or _is_file
        self._root = root or host_root()
        self._parts = Parts[Partition]("disk")
        self._listed: list[Mount] = []
        self._named: dict[str, Mount] = {}
        self.errors: dict[str, Exception] = {}

    def read(self) -> dict[str, Partition]:
        """What cannot be read has no sizes, and what is late is in `errors` too."""
        mounts = self._own()
        # In a container the root is an overlay, which is on no device.
        return self._ask(mounts) or self._ask({str(ROOT): Mount(str(self._root), "", "")})

    def _own(self) -> dict[str, Mount]:
        self.errors = {}
        try:
            listed = self._mounts()
        except FAILURES as exc:
            self.errors = {"partitions": exc}
            return {}
        if listed is not self._listed:
            self._listed, self._named = listed, self._by_own_name(listed)
        return self._named

    def _by_own_name(self, mounts: list[Mount]) -> dict[str, Mount]:
        found = [(own_name(mount.mountpoint, self._root), mount) for mount in mounts]
        kept = once(mount for name, mount in found if name is not None)
        return named((own_name(mount.mountpoint, self._root) or "", mount) for mount in kept)

    def _ask(self, mounts: dict[str, Mount]) -> dict[str, Partition]:
        told = self._parts.ask({name: partial(self._partition, mount) for name, mount in mounts.items()})
        self.errors |= self._parts.errors
        late = {name: _bare(mount) for name, mount in mounts.items() if name in self._parts.errors}
        return {name: (told | late)[name] for name in mounts if name in told or name in late}

    def _partition(self, mount: Mount) -> Partition | None:
        # A container has single files mounted from its host, such as /etc/hosts: they are no file system.
        if self._is_file(mount.mountpoint):
            return None
        try:
            return _filled(mount, self._usage(mount.mountpoint))
        except OSError:  # unmounted since it was listed, or not ours to ask
            return _bare(mount)


def _is_file(mountpoint: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(mountpoint).st_mode)  # noqa: PTH116  # a Path for each would cost more
    except OSError:
        return False  # not ours to ask: its usage will say so


def _bare(mount: Mount) -> Partition:
    return Partition(device=mount.device or None, fstype=mount.fstype or None)


def _filled(mount: Mount, usage: os.statvfs_result) -> Partition:
    """Used is what nobody can have; free is what an ordinary user can, so both are less than the total."""
    unit = usage.f_frsize or usage.f_bsize
    total, unused = times(usage.f_blocks, unit), at_most(usage.f_bfree, usage.f_blocks)
    if not total:  # a file system that does not tell
        return _bare(mount)
    used = None if unused is None else total - unused * unit
    free = None if unused is None else max(0, min(usage.f_bavail, unused)) * unit
    found = _bare(mount)
    found.total_bytes, found.used_bytes, found.free_bytes = total, used, free
    if used is not None and free is not None:
        found.usage_percent = percent(used, used + free)
    # Btrfs and others make inodes as they need them.
    if plausible(usage.f_files, COUNT) and usage.f_ffree <= usage.f_files:
        found.inodes_total, found.inodes_used = usage.f_files, usage.f_files - usage.f_ffree
        found.inodes_percent = percent(found.inodes_used, found.inodes_total)
    return found
