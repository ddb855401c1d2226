"""What a device's fields are called here: in small letters, with their unit at the end. No input or output.

The endings are those of `perfwatch/units.py`, so that every page shows the unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from devices.values import Unusable
from perfwatch.errors import TopicError
from perfwatch.readings.core import READINGS
from perfwatch.topics import safe_level
from perfwatch.units import without_unit

MAX_NAME = 100
_MAX_REMEMBERED = 20_000

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_OTHER = re.compile(r"\W+")

# A metric of these names is read as what a collector publishes there, or is no reading at all.
_TAKEN = {*READINGS, "status", "info", "tags", "config", "watch", "alert"}


class Measure(NamedTuple):
    """How a number is kept: the ending of its name, and what it is multiplied by."""

    ending: str
    scale: float = 1


UNITS: Mapping[str, Measure] = {
    "°C": Measure("celsius"),
    "C": Measure("celsius"),
    "°F": Measure("fahrenheit"),
    "F": Measure("fahrenheit"),
    "%": Measure("percent"),
    "%RH": Measure("percent"),
    "W": Measure("watts"),
    "kW": Measure("watts", 1000),
    "mW": Measure("watts", 0.001),
    "Wh": Measure("kwh", 0.001),
    "kWh": Measure("kwh"),
    "MWh": Measure("kwh", 1000),
    "V": Measure("volts"),
    "mV": Measure("volts", 0.001),
    "A": Measure("amperes"),
    "mA": Measure("amperes", 0.001),
    "Pa": Measure("hpa", 0.01),
    "hPa": Measure("hpa"),
    "mbar": Measure("hpa"),
    "kPa": Measure("hpa", 10),
    "mmHg": Measure("hpa", 1.333224),
    "inHg": Measure("hpa", 33.86389),
    "lx": Measure("lux"),
    "ppm": Measure("ppm"),
    "dBm": Measure("dbm"),
    "dB": Measure("db"),
    "dBA": Measure("db"),
    "µg/m³": Measure("ug_m3"),
    "μg/m³": Measure("ug_m3"),
    "mg/m³": Measure("ug_m3", 1000),
    "Hz": Measure("hz"),
    "MHz": Measure("mhz"),
    "rpm": Measure("rpm"),
    "B": Measure("bytes"),
    "kB": Measure("bytes", 1000),
    "KiB": Measure("bytes", 1024),
    "MB": Measure("bytes", 1e6),
    "GB": Measure("bytes", 1e9),
    "s": Measure("seconds"),
    "sec": Measure("seconds"),
    "ms": Measure("ms"),
    "min": Measure("seconds", 60),
    "h": Measure("seconds", 3600),
    "d": Measure("seconds", 86400),
}
"""What devices write as a unit. Multiples of a unit become the one that is kept."""

COMMON: Mapping[str, Measure | None] = {
    "temperature": UNITS["°C"],
    "temp": UNITS["°C"],
    "temperature_c": UNITS["°C"],
    "temp_c": UNITS["°C"],
    "temperature_f": UNITS["°F"],
    "temp_f": UNITS["°F"],
    "color_temp": None,
    "dew_point": UNITS["°C"],
    "dewpoint": UNITS["°C"],
    "humidity": UNITS["%"],
    "moisture": UNITS["%"],
    "battery": UNITS["%"],
    "battery_level": UNITS["%"],
    "pressure": UNITS["hPa"],
    "illuminance": UNITS["lx"],
    "co2": UNITS["ppm"],
    "e_co2": UNITS["ppm"],
    "eco2": UNITS["ppm"],
    "carbon_dioxide": UNITS["ppm"],
    "pm25": UNITS["µg/m³"],
    "pm2_5": UNITS["µg/m³"],
    "pm10": UNITS["µg/m³"],
    "power": UNITS["W"],
    "voltage": UNITS["V"],
    "current": UNITS["A"],
    "energy": UNITS["kWh"],
    "energy_today": UNITS["kWh"],
    "energy_yesterday": UNITS["kWh"],
    "energy_month": UNITS["kWh"],
    "energy_total": UNITS["kWh"],
    "rssi": UNITS["dBm"],
    "uptime": UNITS["s"],
    "uptime_sec": UNITS["s"],
    "frequency": UNITS["Hz"],
}
"""Last words of a name, and what such a number is measured in; None where they mislead."""

_LONGEST = 3


Path: TypeAlias = tuple[str | int, ...]
"""Keys of objects and places in lists."""


class Name(NamedTuple):
    """`bare` names words and what has no unit, `full` a number, which is multiplied by `scale`."""

    bare: str
    full: str
    scale: float = 1

    def scaled(self, value: float) -> float:
        """The number in the unit that `full` says; twelve digits, so that 0.1 × 3 is 0.3."""
        return value if self.scale == 1 else float(f"{value * self.scale:.12g}")


class Names:
    """The names of fields, by the way to them; `special` goes before what is common to all devices."""

    def __init__(self, special: Mapping[str, Measure | None] | None = None) -> None:
        self._measures = {**COMMON, **(special or {})}
        self._known: dict[Path, Name] = {}

    def of(self, path: Path) -> Name:
        """What the value at that place in an object is called; those of a list have one unit."""
        found = self._known.get(path)
        if found is None:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            found = self._known[path] = self._made(path)
        return found

    def _made(self, path: Path) -> Name:
        bare = "_".join(filter(None, (plain(str(one)) for one in path)))
        if without_unit(bare) != bare:
            return Name(bare, bare)
        words = "_".join(plain(one) for one in path if isinstance(one, str)).split("_")
        for count in range(min(_LONGEST, len(words)), 0, -1):
            last = "_".join(words[-count:])
            if last in self._measures:
                return named(bare, self._measures[last])
        return Name(bare, bare)


def named(bare: str, measure: Measure | None) -> Name:
    """`bare` with that unit: `temperature`, °C → temperature_celsius; `temperature_c` gets it but once."""
    if measure is None:
        return Name(bare, bare)
    stem = re.sub(r"(?<=temp)_[cf]$|(?<=temperature)_[cf]$|(?<=target)_c$|(?<=uptime)_sec$", "", bare)
    ended = stem if stem.endswith(f"_{measure.ending}") else f"{stem}_{measure.ending}"
    return Name(bare, ended, measure.scale)


def measure_of(unit: object) -> Measure | None:
    """The measure that a device's own word for a unit means, if we know it."""
    return UNITS.get(unit.strip()) if isinstance(unit, str) else None


def plain(name: str) -> str:
    """`DewPoint` → dew_point, `switch:0` → switch_0."""
    return _OTHER.sub("_", _CAMEL.sub("_", name)).strip("_").lower()[:MAX_NAME]


def metric_name(*parts: str) -> str:
    """One topic level for a device's reading; never a name that means something else on a host's topics."""
    name = "_".join(filter(None, map(plain, parts))) or "value"
    return f"{name}_reading" if name in _TAKEN else name


def device_name(name: str) -> str:
    """`name` as a topic level. Raises Unusable when nothing is left of it."""
    try:
        return safe_level(name)[:MAX_NAME]
    except TopicError as exc:
        raise Unusable("its device has no name") from exc
