"""What metrics, fields and parts are called, and the units of their numbers."""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """How a kind of number is written: steps of `base` through `names`; one name means no steps.

    `from_zero` says whether an axis of it reaches down to 0.
    """

    kind: str
    names: tuple[str, ...]
    base: int = 1000
    digits: int = 1
    from_zero: bool = True


PERCENT = Unit("percent", ("%",))
MEMORY = Unit("memory", ("B", "KiB", "MiB", "GiB", "TiB", "PiB"), base=1024, digits=2)
BYTES = Unit("bytes", ("B", "kB", "MB", "GB", "TB", "PB"), digits=2)
RATE = Unit("rate", ("B/s", "kB/s", "MB/s", "GB/s", "TB/s"), digits=2)
PER_SECOND = Unit("per_second", ("/s",))
MEGAHERTZ = Unit("megahertz", ("MHz",), digits=0)
CELSIUS = Unit("celsius", ("°C",), from_zero=False)
WATTS = Unit("watts", ("W",))
RPM = Unit("rpm", ("rpm",), digits=0)
SECONDS = Unit("seconds", ("s",))
STALLED = Unit("stalled", ("ms/s",))
MILLISECONDS = Unit("milliseconds", ("ms",), digits=2)
COUNT = Unit("count", ("",), digits=0)
NUMBER = Unit("number", ("",), digits=2)

UNITS = {
    unit.kind: unit
    for unit in (
        *(PERCENT, MEMORY, BYTES, RATE, PER_SECOND, MEGAHERTZ, CELSIUS, WATTS, RPM, SECONDS),
        *(STALLED, MILLISECONDS, COUNT, NUMBER),
    )
}

METRICS = {
    "cpu": "CPU",
    "memory": "Memory",
    "network": "Network",
    "disk": "Disk",
    "perf_events": "Perf counters",
    "memory_bandwidth": "Memory traffic",
    "sensors": "Sensors",
    "gpu": "GPU",
    "pressure": "Pressure",
    "processes": "Processes",
    "containers": "Containers",
    "system": "System",
    "systemd": "Failed units",
}

PARTS = {
    "": "Whole host",
    "core": "Core",
    "interface": "Interface",
    "device": "Device",
    "mountpoint": "Partition",
    "connection": "Connections",
    "event": "Event",
    "sensor": "Sensor",
    "fan": "Fan",
    "gpu": "GPU",
    "resource": "Resource",
    "process": "Process",
    "container": "Container",
    "user": "User",
    "unit": "Unit",
}

FIELDS = {
    "usage_percent": "Usage",
    "iowait": "I/O wait",
    "irq": "Interrupt time",
    "softirq": "Soft interrupt time",
    "steal": "Stolen time",
    "user": "User time",
    "system": "System time",
    "idle": "Idle time",
    "frequency_mhz": "Frequency",
    "temperature_celsius": "Temperature",
    "load_average_1": "Load, 1 min",
    "load_average_5": "Load, 5 min",
    "load_average_15": "Load, 15 min",
    "swap_percent": "Swap usage",
    "bytes_recv_per_sec": "Download rate",
    "bytes_sent_per_sec": "Upload rate",
    "packets_recv_per_sec": "Packets received",
    "packets_sent_per_sec": "Packets sent",
    "read_bytes_per_sec": "Read rate",
    "write_bytes_per_sec": "Write rate",
    "read_iops": "Read operations",
    "write_iops": "Write operations",
    "read_latency_ms": "Read latency",
    "write_latency_ms": "Write latency",
    "branch_miss_percent": "Branch misses",
    "l1d_miss_percent": "L1 data cache misses",
    "llc_miss_percent": "Last-level cache misses",
    "page_io_bytes_per_sec": "Paging",
    "swap_io_bytes_per_sec": "Swapping",
    "pgfault_per_sec": "Page faults",
    "pgmajfault_per_sec": "Major page faults",
}
"""The fields with a name of their own, the most looked at first in each metric."""

_CPU_TIMES = {"user", "system", "idle", "iowait", "irq", "softirq", "steal"}
_ENDINGS = {
    "_percent": PERCENT,
    "_bytes_per_sec": RATE,
    "_iops": PER_SECOND,
    "_ms_per_sec": STALLED,
    "_per_sec": PER_SECOND,
    "_mhz": MEGAHERTZ,
    "_celsius": CELSIUS,
    "_per_cycle": NUMBER,
    "celsius": CELSIUS,
    "_watts": WATTS,
    "rpm": RPM,
    "_seconds": SECONDS,
    "_ms": MILLISECONDS,
    "_bytes": BYTES,
}


def metric_label(metric: str) -> str:
    return METRICS.get(metric) or words(metric)


def field_label(field: str) -> str:
    return FIELDS.get(field) or words(field)


def part_label(tag: str, part: str) -> str:
    """`Core 3` for a core; other parts go by their own name."""
    if not tag:
        return PARTS[""]
    return f"Core {part}" if tag == "core" else part


def unit_of(metric: str, field: str) -> Unit:
    """The unit that the field's name ends in (DESIGN: units are in the names)."""
    if metric == "cpu" and field in _CPU_TIMES:
        return PERCENT
    if field.startswith("load_average"):
        return NUMBER
    if field.startswith("bytes_"):
        return RATE if field.endswith("_per_sec") else BYTES
    unit = next((unit for ending, unit in _ENDINGS.items() if field.endswith(ending)), COUNT)
    return MEMORY if metric == "memory" and unit is BYTES else unit


def words(name: str) -> str:
    """A name that nobody gave a label: `hugepages_free` → `Hugepages free`."""
    short = name.removesuffix("_bytes").removesuffix("_per_sec").removesuffix("_percent")
    said = short.replace("_", " ").strip() or name
    return said[:1].upper() + said[1:]
