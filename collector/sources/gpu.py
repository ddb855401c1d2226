"""Graphics processors: how busy, how full, how warm."""

from __future__ import annotations

from collections.abc import Callable

from collector.sources.amd import Amd
from collector.sources.nvidia import Nvidia
from collector.sources.parts import Missing, Parts
from collector.sources.source import Absent, Tick
from perfwatch.readings import optional as readings

ReadCards = Callable[[], dict[str, readings.Gpu]]


class Gpu:
    """Each vendor's driver is asked apart: a broken card may keep whoever asks it."""

    name = "gpu"
    quick = True

    def __init__(self, nvidia: ReadCards | None = None, amd: ReadCards | None = None) -> None:
        self._vendors = {"AMD": amd or Amd().read, "NVIDIA": nvidia or Nvidia().read}
        self._parts = Parts[dict[str, readings.Gpu]]("gpu")
        self._missing = Missing("gpu")

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> readings.Gpus:
        told = self._parts.ask(self._vendors)
        cards = {name: card for some in told.values() for name, card in some.items()}
        if not cards:
            raise next(iter(self._parts.errors.values()), self._absent())
        self._missing.note(self._parts.errors)
        return readings.Gpus(timestamp=tick.timestamp, gpus=cards)

    def _absent(self) -> Absent:
        why = self._parts.absent.get("NVIDIA", "NVIDIA's driver has no card")
        return Absent(f"{why}, and no AMD card under /sys/class/drm")
