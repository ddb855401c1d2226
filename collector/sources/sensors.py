"""Temperatures and fans by chip, and the battery."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collector.sources.battery import Battery, battery
from collector.sources.hwmon import Chip, Hwmon
from collector.sources.source import Absent, Tick
from perfwatch.readings import optional as readings


class Sensors:
    """What cannot be read, or sleeps, is null; so is a sensor that is not wired."""

    name = "sensors"

    def __init__(self, hwmon: Hwmon | None = None, battery: Callable[[], Battery | None] = battery) -> None:
        self._hwmon = hwmon or Hwmon()
        self._battery = battery

    def gather(self, tick: Tick) -> readings.Sensors:
        chips, held = self._hwmon.chips(), self._battery()
        temperatures: dict[str, readings.Temperature] = {}
        fans: dict[str, readings.Fan] = {}
        for chip in chips:
            awake = self._hwmon.awake(chip)
            for name, label in chip.inputs.items():
                if name.startswith("temp"):
                    key = _free(temperatures, f"{chip.title} {label}", name)
                    temperatures[key] = self._temperature(chip, name, label, awake)
                else:
                    fans[_free(fans, f"{chip.title} {label}", name)] = self._fan(chip, name, label, awake)
        if not temperatures and not fans and held is None:
            raise Absent("it has no temperature, fan or battery under /sys/class")
        return readings.Sensors(
            timestamp=tick.timestamp,
            temperatures=temperatures,
            fans=fans,
            battery_percent=held and held.percent,
            battery_plugged=held and held.plugged,
            battery_seconds_left=held and held.seconds_left,
        )

    def _temperature(self, chip: Chip, name: str, label: str, awake: bool) -> readings.Temperature:
        return readings.Temperature(
            chip=chip.title,
            label=label,
            celsius=self._hwmon.celsius(chip, name) if awake else None,
            high_celsius=chip.limits.get(f"{name}_max"),
            critical_celsius=chip.limits.get(f"{name}_crit"),
        )

    def _fan(self, chip: Chip, name: str, label: str, awake: bool) -> readings.Fan:
        return readings.Fan(chip=chip.title, label=label, rpm=self._hwmon.rpm(chip, name) if awake else None)


def _free(taken: Mapping[str, object], key: str, name: str) -> str:
    """`key`, made unlike those that are taken by the input's own name: two inputs may have one label."""
    return f"{key} {name}" if key in taken else key
