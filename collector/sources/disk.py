"""Block devices: how much they move, and how fast they answer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import psutil

from collector.sources.partitions import Partitions
from collector.sources.rates import change, per_second, total
from collector.sources.source import Tick
from collector.sources.text import named, valid
from perfwatch.readings import core

if TYPE_CHECKING:
    from psutil._ntuples import sdiskio

# Not disks: files mounted as one, and memory made to look like one.
_NOT_A_DISK = re.compile(r"(loop|ram|zram)\d+")
# Disks made of disks (and the single paths of a multipath NVMe): their traffic is counted below them.
_STACKED = re.compile(r"(dm-|md|bcache|drbd|zd)\d.*|nvme\d+c\d+n\d+")


def _counters() -> dict[str, sdiskio]:
    # psutil would hide a counter that wrapped or was reset; a rate across that is not known.
    return named(psutil.disk_io_counters(perdisk=True, nowrap=False).items())


def _whole_disks() -> frozenset[str] | None:
    try:
        return frozenset(valid(name.replace("!", "/")) for name in os.listdir("/sys/block"))  # noqa: PTH208
    except FileNotFoundError:
        return None  # not Linux: psutil lists whole disks only


class Disk:
    """Rates and latencies are of the time since the last tick, so the first tick has none."""

    name = "disk"

    def __init__(
        self,
        counters: Callable[[], Mapping[str, sdiskio]] = _counters,
        whole_disks: Callable[[], frozenset[str] | None] = _whole_disks,
        partitions: Callable[[], dict[str, core.Partition]] | None = None,
    ) -> None:
        self._counters = counters
        self._whole_disks = whole_disks
        self._partitions = partitions or Partitions().read
        self._before: Mapping[str, sdiskio] = {}
        self._at = 0.0

    def gather(self, tick: Tick) -> core.Disk:
        counters = {name: now for name, now in self._counters().items() if not _NOT_A_DISK.fullmatch(name)}
        partitions, whole = self._partitions(), self._whole_disks()
        before, seconds = self._before, tick.monotonic - self._at
        self._before, self._at = counters, tick.monotonic
        devices = {name: _device(before.get(name), now, seconds) for name, now in counters.items()}
        # A disk that has just appeared has no rate yet: it joins the sums at its second tick.
        counted = [devices[name] for name in devices if name in before and _counts(name, whole)]
        return core.Disk(
            timestamp=tick.timestamp,
            read_bytes_per_sec=total([device.read_bytes_per_sec for device in counted]),
            write_bytes_per_sec=total([device.write_bytes_per_sec for device in counted]),
            devices=devices,
            partitions=partitions,
        )


def _counts(name: str, whole: frozenset[str] | None) -> bool:
    return (whole is None or name in whole) and not _STACKED.fullmatch(name)


def _device(before: sdiskio | None, now: sdiskio, seconds: float) -> core.Device:
    def rate(field: str) -> float | None:
        return per_second(getattr(before, field, None), getattr(now, field), seconds)

    return core.Device(
        read_bytes=now.read_bytes,
        write_bytes=now.write_bytes,
        read_count=now.read_count,
        write_count=now.write_count,
        read_bytes_per_sec=rate("read_bytes"),
        write_bytes_per_sec=rate("write_bytes"),
        read_iops=rate("read_count"),
        write_iops=rate("write_count"),
        read_latency_ms=_latency(before, now, "read"),
        write_latency_ms=_latency(before, now, "write"),
    )


def _latency(before: sdiskio | None, now: sdiskio, way: str) -> float | None:
    """Milliseconds per operation of the tick; None when there were none."""
    spent, done = (
        change(getattr(before, field, None), getattr(now, field)) for field in (f"{way}_time", f"{way}_count")
    )
    return round(spent / done, 3) if spent is not None and done else None
