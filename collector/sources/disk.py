"""Block devices: how much they move, and how fast they answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from collector.sources import diskstats, mdstat
from collector.sources.diskstats import Counters, Devices
from collector.sources.partitions import Partitions
from collector.sources.parts import Missing
from collector.sources.rates import change, per_second, percent, total
from collector.sources.smartd import Drives
from collector.sources.source import ReadText, Tick, listed, read_text
from perfwatch.readings import core

BLOCK = "/sys/block"
# Disks made of disks: their traffic is counted below them. Of single paths, as those of a multipath
# NVMe and of PowerPath, the paths are not disks or the sum of them is.
_STACKED = re.compile(r"(dm-|md|bcache|drbd|zd)\d.*|nvme\d+c\d+n\d+|(emcpower|sddlm|vpath)[a-z]+|VxDMP.*")


class Disk:
    """Rates and latencies are of the time since the last tick, so the first tick has none."""

    name = "disk"
    quick = True

    def __init__(
        self,
        devices: Callable[[], Devices] = diskstats.read,
        partitions: Partitions | None = None,
        block: str = BLOCK,
        read: ReadText = read_text,
        drives: Drives | None = None,
    ) -> None:
        self._drives = drives or Drives()
        self._devices = devices
        self._partitions = partitions or Partitions()
        self._block = block
        self._read = read
        self._missing = Missing("disk")
        self._names: frozenset[str] = frozenset()
        self._counted: frozenset[str] = frozenset()
        self._before: Mapping[str, Counters] = {}
        self._at = 0.0

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> core.Disk:
        partitions = self._partitions.read()
        told, errors = self._told()
        self._missing.note(errors | self._partitions.errors)
        before, seconds = self._before, tick.monotonic - self._at
        self._before, self._at = told, tick.monotonic
        devices = {name: _device(before.get(name), now, seconds) for name, now in told.items()}
        for name in self._whole(devices):
            devices[name].counted = True
        # A disk that has just appeared has no rate yet: it joins the sums at its second tick.
        counted = [device for name, device in devices.items() if name in before and device.counted]
        return core.Disk(
            timestamp=tick.timestamp,
            read_bytes_per_sec=total([device.read_bytes_per_sec for device in counted]),
            write_bytes_per_sec=total([device.write_bytes_per_sec for device in counted]),
            devices=devices,
            partitions=partitions,
            arrays=self._arrays(),
            drives=self._drives.read(),
        )

    def _arrays(self) -> dict[str, core.Array]:
        try:
            return mdstat.parse(self._read(mdstat.PATH))
        except OSError:
            return {}  # a kernel without RAID

    def _told(self) -> Devices:
        try:
            return self._devices()
        except OSError as exc:
            return Devices({}, {"devices": exc})

    def _whole(self, devices: Mapping[str, object]) -> frozenset[str]:
        """Those that the sums count. Looked up when a disk comes or goes."""
        names = frozenset(devices)
        if names != self._names:
            shown = {name.replace("!", "/"): name for name in listed(self._block)}
            self._counted = frozenset(self._lowest(names, shown))
            self._names = names
        return self._counted

    def _lowest(self, names: frozenset[str], shown: Mapping[str, str]) -> Iterable[str]:
        """The disks that are made of no others; where none is shown, as in a container, of none that are."""
        below = {name: self._below(shown[name]) for name in names if name in shown}
        whole = (
            below.keys()
            if shown
            else {name for name in names if not any(is_part(name, other) for other in names)}
        )
        lowest = [name for name in whole if not _STACKED.fullmatch(name) and not below.get(name)]
        return lowest or [name for name in whole if names.isdisjoint(below.get(name, ()))]

    def _below(self, folder: str) -> list[str]:
        return [name.replace("!", "/") for name in listed(f"{self._block}/{folder}/slaves")]


def is_part(name: str, disk: str) -> bool:
    """Whether it is called as a partition of that disk: sda1 of sda, nvme0n1p1 of nvme0n1."""
    between = "p" if disk[-1:].isdecimal() else ""
    rest = name.removeprefix(disk + between)
    return rest != name and rest.isdecimal()


def _device(before: Counters | None, now: Counters, seconds: float) -> core.Device:
    then = before or Counters(*[None] * len(now))
    busy, queued = change(then.busy_ms, now.busy_ms), change(then.queued_ms, now.queued_ms)
    return core.Device(
        counted=False,
        read_bytes=now.read_bytes,
        write_bytes=now.write_bytes,
        read_count=now.read_count,
        write_count=now.write_count,
        read_bytes_per_sec=per_second(then.read_bytes, now.read_bytes, seconds),
        write_bytes_per_sec=per_second(then.write_bytes, now.write_bytes, seconds),
        read_iops=per_second(then.read_count, now.read_count, seconds),
        write_iops=per_second(then.write_count, now.write_count, seconds),
        read_latency_ms=_latency(change(then.read_ms, now.read_ms), change(then.read_count, now.read_count)),
        write_latency_ms=_latency(
            change(then.write_ms, now.write_ms), change(then.write_count, now.write_count)
        ),
        # The kernel's clock and ours are read a moment apart: a busy disk may come out a little over.
        usage_percent=None
        if busy is None or seconds <= 0
        else percent(min(busy, seconds * 1000), seconds * 1000),
        queue_length=None if queued is None or seconds <= 0 else round(queued / 1000 / seconds, 3),
    )


def _latency(spent: float | None, done: float | None) -> float | None:
    """Milliseconds per operation of the tick; None when there were none."""
    return round(spent / done, 3) if spent is not None and done else None
