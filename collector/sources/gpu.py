"""Graphics processors: how busy, how full, how warm."""

from __future__ import annotations

from collections.abc import Callable

from collector.sources.amd import Amd
from collector.sources.nvidia import Nvidia
from collector.sources.source import Absent, Tick
from perfwatch.readings import optional as readings

ReadCards = Callable[[], dict[str, readings.Gpu]]


class Gpu:
    name = "gpu"

    def __init__(self, nvidia: ReadCards | None = None, amd: ReadCards | None = None) -> None:
        self._nvidia = nvidia or Nvidia().read
        self._amd = amd or Amd().read

    def gather(self, tick: Tick) -> readings.Gpus:
        cards = self._amd()
        try:
            cards |= self._nvidia()
        except Absent as exc:
            if not cards:
                raise Absent(f"{exc}, and no AMD card under /sys/class/drm") from exc
        if not cards:
            raise Absent("NVIDIA's driver has no card, and there is no AMD card under /sys/class/drm")
        return readings.Gpus(timestamp=tick.timestamp, gpus=cards)
