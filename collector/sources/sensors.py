"""Temperatures and fans by chip, and the battery."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain

from msgspec import Struct

from collector.sources.apart import Question
from collector.sources.battery import Battery, battery
from collector.sources.hwmon import Chip, Hwmon
from collector.sources.parts import Missing, Parts
from collector.sources.source import Absent, Tick
from collector.sources.zones import Zone, Zones, plain
from perfwatch.readings import optional as readings

_PACKAGE_ZONE = "x86_pkg_temp"  # which is coretemp's, once more


class SensorPart(Struct):
    """What one chip, zone or the battery says."""

    temperatures: dict[str, readings.Temperature] = {}
    fans: dict[str, readings.Fan] = {}
    battery: Battery | None = None


class Sensors:
    """What cannot be read, or sleeps, is null; so is a sensor that is not wired. Each chip is asked apart."""

    name = "sensors"
    quick = True

    def __init__(
        self,
        hwmon: Hwmon | None = None,
        battery: Callable[[], Battery | None] = battery,
        zones: Zones | None = None,
    ) -> None:
        self._hwmon = hwmon or Hwmon()
        self._battery = battery
        self._zones = zones or Zones()
        self._parts = Parts[SensorPart]("sensors")
        self._missing = Missing("sensors")

    @property
    def missing(self) -> str | None:
        return self._missing.first

    def gather(self, tick: Tick) -> readings.Sensors:
        parts = list(self._parts.ask(self._questions()).values())
        errors = self._parts.errors
        held = next((part.battery for part in parts if part.battery), None)
        found = readings.Sensors(
            timestamp=tick.timestamp,
            temperatures=dict(chain.from_iterable(part.temperatures.items() for part in parts)),
            fans=dict(chain.from_iterable(part.fans.items() for part in parts)),
            battery_percent=held and held.percent,
            battery_plugged=held and held.plugged,
            battery_seconds_left=held and held.seconds_left,
            ups_plugged=held and held.ups_plugged,
        )
        if not found.temperatures and not found.fans and held is None:
            # With one part it is the whole, and its reason is the source's.
            raise next(
                iter(errors.values()), Absent("it has no temperature, fan or battery under /sys/class")
            )
        self._missing.note(errors)
        return found

    def _questions(self) -> dict[str, Question[SensorPart]]:
        chips = self._hwmon.chips()
        names = {plain(chip.name) for chip in chips}
        zones = [zone for zone in self._zones.zones() if not _is_shown(zone, names)]
        asked: dict[str, Question[SensorPart]] = {chip.title: partial(self._chip, chip) for chip in chips}
        asked |= {zone.title: partial(self._zone, zone) for zone in zones if zone.title not in asked}
        return asked | {"battery": lambda: SensorPart(battery=self._battery())}

    def _chip(self, chip: Chip) -> SensorPart:
        found, awake = SensorPart({}, {}), self._hwmon.awake(chip)
        inputs = self._hwmon.inputs(chip)
        for name, label in inputs.labels.items():
            key, taken = f"{chip.title} {label}", {**found.temperatures, **found.fans}
            key = f"{key} {name}" if key in taken else key
            if name.startswith("temp"):
                found.temperatures[key] = readings.Temperature(
                    chip=chip.title,
                    label=label,
                    celsius=self._hwmon.celsius(chip, name) if awake else None,
                    high_celsius=inputs.limits.get(f"{name}_max"),
                    critical_celsius=inputs.limits.get(f"{name}_crit"),
                )
            else:
                rpm = self._hwmon.rpm(chip, name) if awake else None
                found.fans[key] = readings.Fan(chip=chip.title, label=label, rpm=rpm)
        return found

    def _zone(self, zone: Zone) -> SensorPart:
        celsius = self._zones.celsius(zone.folder)
        return SensorPart(
            {zone.title: readings.Temperature(chip=zone.name, label=zone.title, celsius=celsius)}
        )


def _is_shown(zone: Zone, chips: set[str]) -> bool:
    """Whether one of those chips is that zone: the kernel shows many of them as both."""
    return plain(zone.name) in chips or (zone.name == _PACKAGE_ZONE and "coretemp" in chips)
