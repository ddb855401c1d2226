"""Units, declared once: a field's name says in what its number is measured.

The history's catalogue, the dashboard's scripts (`components/common/declared.js`) and Home Assistant's
discovery take theirs from here. A new unit is a line here and in `ENDINGS`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple


class Base(NamedTuple):
    """What Prometheus measures such numbers in, and names them by: number × `factor` + `offset`."""

    name: str = ""
    factor: float = 1
    offset: float = 0


class Unit(NamedTuple):
    """How a kind of number is written: steps of `base` through `names`; one name means no steps.

    `digits` is how many decimals at most tell something. `from_zero` says whether an axis reaches down to 0.
    Home Assistant knows it as `device_class`, and is given it in one name: that at `step` in `names`.
    """

    kind: str
    names: tuple[str, ...]
    base: int = 1000
    digits: int = 1
    from_zero: bool = True
    device_class: str | None = None
    step: int = 0
    exported: Base = Base()

    def written(self) -> dict[str, Any]:
        """What a browser needs to write such a number; its kind is its name there."""
        return {name: getattr(self, name) for name in ("names", "base", "digits", "from_zero")}


PERCENT = Unit("percent", ("%",), exported=Base("ratio", 0.01))
BATTERY = Unit("battery", ("%",), digits=0, device_class="battery", exported=Base("ratio", 0.01))
MEMORY = Unit(
    "memory",
    ("B", "KiB", "MiB", "GiB", "TiB", "PiB"),
    1024,
    digits=2,
    device_class="data_size",
    step=3,
    exported=Base("bytes"),
)
BYTES = Unit(
    "bytes",
    ("B", "kB", "MB", "GB", "TB", "PB"),
    digits=2,
    device_class="data_size",
    step=3,
    exported=Base("bytes"),
)
RATE = Unit(
    "rate",
    ("B/s", "kB/s", "MB/s", "GB/s", "TB/s"),
    digits=2,
    device_class="data_rate",
    step=2,
    exported=Base("bytes_per_second"),
)
PER_SECOND = Unit("per_second", ("/s",), exported=Base("per_second"))
PER_HOUR = Unit("per_hour", ("/h",), digits=2, exported=Base("per_second", 1 / 3600))
STALLED = Unit("stalled", ("ms/s",), exported=Base("ratio", 0.001))
MILLISECONDS = Unit(
    "milliseconds", ("ms",), digits=2, device_class="duration", exported=Base("seconds", 0.001)
)
SECONDS = Unit("seconds", ("s",), device_class="duration", exported=Base("seconds"))
MEGAHERTZ = Unit("megahertz", ("MHz",), digits=0, device_class="frequency", exported=Base("hertz", 1e6))
HERTZ = Unit("hertz", ("Hz",), digits=2, from_zero=False, device_class="frequency", exported=Base("hertz"))
RPM = Unit("rpm", ("rpm",), digits=0, exported=Base("rpm"))
CELSIUS = Unit("celsius", ("°C",), from_zero=False, device_class="temperature", exported=Base("celsius"))
FAHRENHEIT = Unit(
    "fahrenheit",
    ("°F",),
    from_zero=False,
    device_class="temperature",
    exported=Base("celsius", 5 / 9, -160 / 9),
)
WATTS = Unit("watts", ("W",), device_class="power", exported=Base("watts"))
WATT_HOURS = Unit("watt_hours", ("Wh",), device_class="energy", exported=Base("joules", 3600))
KILOWATT_HOURS = Unit(
    "kilowatt_hours", ("kWh",), digits=2, device_class="energy", exported=Base("joules", 3.6e6)
)
VOLTS = Unit("volts", ("V",), digits=2, from_zero=False, device_class="voltage", exported=Base("volts"))
AMPERES = Unit("amperes", ("A",), digits=2, device_class="current", exported=Base("amperes"))
HECTOPASCALS = Unit(
    "hectopascals",
    ("hPa",),
    from_zero=False,
    device_class="atmospheric_pressure",
    exported=Base("pascals", 100),
)
LUX = Unit("lux", ("lx",), digits=0, device_class="illuminance", exported=Base("lux"))
PARTS_PER_MILLION = Unit("parts_per_million", ("ppm",), digits=0, exported=Base("ppm"))
DECIBEL_MILLIWATTS = Unit(
    "decibel_milliwatts",
    ("dBm",),
    digits=0,
    from_zero=False,
    device_class="signal_strength",
    exported=Base("dbm"),
)
DECIBELS = Unit("decibels", ("dB",), from_zero=False, device_class="sound_pressure", exported=Base("db"))
MICROGRAMS = Unit("micrograms", ("µg/m³",), exported=Base("grams_per_cubic_meter", 1e-6))
COUNT = Unit("count", ("",), digits=0)
NUMBER = Unit("number", ("",), digits=2)

UNITS = {unit.kind: unit for unit in list(globals().values()) if isinstance(unit, Unit)}

ENDINGS = {
    "bytes_per_sec": RATE,
    "ms_per_sec": STALLED,
    "per_sec": PER_SECOND,
    "per_hour": PER_HOUR,
    "percent": PERCENT,
    "bytes": BYTES,
    "ms": MILLISECONDS,
    "seconds": SECONDS,
    "mhz": MEGAHERTZ,
    "hz": HERTZ,
    "rpm": RPM,
    "celsius": CELSIUS,
    "fahrenheit": FAHRENHEIT,
    "watts": WATTS,
    "wh": WATT_HOURS,
    "watt_hours": WATT_HOURS,
    "kwh": KILOWATT_HOURS,
    "volts": VOLTS,
    "amps": AMPERES,
    "amperes": AMPERES,
    "hpa": HECTOPASCALS,
    "hectopascals": HECTOPASCALS,
    "lux": LUX,
    "ppm": PARTS_PER_MILLION,
    "dbm": DECIBEL_MILLIWATTS,
    "db": DECIBELS,
    "ug_m3": MICROGRAMS,
}
"""What a field's name ends in, as whole words, and what it is measured in."""

EXCEPTIONS = {
    r"^(cpu|cpu_cores)\.(user|system|idle|iowait|irq|softirq|steal|per_core)$": PERCENT,
    r"\.load_average(_[0-9]+)?$": NUMBER,
    r"\.bytes_(.*_)?per_sec$": RATE,
    r"\.bytes_": BYTES,
    r"^memory\..*_bytes$": MEMORY,
    r"[._]memory_(.*_)?bytes$": MEMORY,
    r"[._]battery_percent$": BATTERY,
    r"\.battery_seconds_left$": SECONDS,
    r"_iops$": PER_SECOND,
    r"_per_cycle$": NUMBER,
    r"\.queue_length$": NUMBER,
}
"""Patterns of `metric.field` that go before the endings. Browsers read them too: no syntax of Python's."""

_ENDING = re.compile(rf"(?:^|_)({'|'.join(ENDINGS)})$")


def unit_of(metric: str, field: str) -> Unit:
    """What `field` of `metric` is measured in; a count where its name does not say."""
    name = f"{metric}.{field}"
    unit = next((unit for pattern, unit in EXCEPTIONS.items() if re.search(pattern, name)), None)
    ending = _ENDING.search(field)
    return unit or (ENDINGS[ending[1]] if ending else COUNT)


def without_unit(field: str) -> str:
    """`swap_free_bytes` → `swap_free`; a name that is all unit stays."""
    return _ENDING.sub("", field) or field
