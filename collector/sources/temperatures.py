"""The temperatures of chips that are asked by name.

psutil asks every chip of the machine, and so would wake a disk to learn how warm the processor is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import psutil

from collector.sources.hwmon import Hwmon


class Thermometer(Protocol):
    """A sensor, in °C, as psutil's tuples have it; None when it cannot be read."""

    @property
    def current(self) -> float | None: ...


class Warmth(NamedTuple):
    current: float | None


ByChip = Mapping[str, Sequence[Thermometer]]


def _zones() -> ByChip:
    read = getattr(psutil, "sensors_temperatures", None)  # psutil leaves it out where a platform has none
    return read() if read else {}


class Heat:
    """The thermometers of those chips whose name is `wanted`."""

    def __init__(
        self,
        wanted: Callable[[str], bool],
        hwmon: Hwmon | None = None,
        zones: Callable[[], ByChip] = _zones,
    ) -> None:
        self._wanted = wanted
        self._hwmon = hwmon or Hwmon()
        self._zones = zones

    def read(self) -> ByChip:
        """By the chip's name. Without one thermometer in hwmon, psutil knows the thermal zones."""
        chips = self._hwmon.chips()
        heat: dict[str, list[Warmth]] = {}
        for chip in chips:
            if self._wanted(chip.name):
                inputs = [name for name in chip.inputs if name.startswith("temp")]
                heat.setdefault(chip.name, []).extend(
                    Warmth(self._hwmon.celsius(chip, name)) for name in inputs
                )
        others = self._hwmon.left_out or any(
            name.startswith("temp") for chip in chips for name in chip.inputs
        )
        return heat if others else self._zones()
