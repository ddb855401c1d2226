"""How warm the processors are.

Chips are asked by name: asking all of the machine would wake a disk to learn how warm the processor is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from collector.sources.apart import Question
from collector.sources.hwmon import Hwmon
from collector.sources.zones import Zones, plain

# The processor's own sensors, by the names of their Linux drivers, and what boards call its thermal
# zones: cpu-thermal, CPU-therm, BCPU-therm, bigcore0-thermal, soc_thermal …
_PROCESSOR = re.compile(
    r"coretemp|k8temp|k10temp|zenpower|via_cputemp|x86_pkg_temp|soc_thermal"
    r"|[bm]?cpu.*|(big|little)core\d*_thermal|cluster\d*_thermal"
)


def is_processor(name: str) -> bool:
    return _PROCESSOR.fullmatch(plain(name)) is not None


class Heat:
    """The thermometers of the processors: those of hwmon, or the thermal zones where it has none."""

    def __init__(self, hwmon: Hwmon | None = None, zones: Zones | None = None) -> None:
        self._hwmon = hwmon or Hwmon()
        self._zones = zones or Zones()

    def questions(self) -> dict[str, Question[Mapping[int, float | None]]]:
        """What asks each chip for its temperatures, in °C by place."""
        chips = [chip for chip in self._hwmon.chips() if is_processor(chip.name)]
        if chips:
            return {chip.title: partial(self._hwmon.all_celsius, chip) for chip in chips}
        zones = [zone for zone in self._zones.zones() if is_processor(zone.name)]
        return {zone.title: partial(self._of_zone, zone.folder) for zone in zones}

    def _of_zone(self, folder: str) -> Mapping[int, float | None]:
        return {0: self._zones.celsius(folder)}
