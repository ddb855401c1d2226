"""What metrics, fields and parts are called."""

from __future__ import annotations

from perfwatch.units import without_unit

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
    "cpu_cores": "CPU cores",
}

PARTS = {
    "": "Whole host",
    "core": "Core",
    "interface": "Interface",
    "device": "Device",
    "mountpoint": "Partition",
    "array": "RAID array",
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


def metric_label(metric: str) -> str:
    return METRICS.get(metric) or words(metric)


def field_label(field: str) -> str:
    return FIELDS.get(field) or words(field)


def part_label(tag: str, part: str) -> str:
    """`Core 3` for a core; other parts go by their own name."""
    if not tag:
        return PARTS[""]
    return f"Core {part}" if tag == "core" else part


def words(name: str) -> str:
    """A name that nobody gave a label: `hugepages_free` → `Hugepages free`."""
    said = without_unit(name).replace("_", " ").strip() or name
    return said[:1].upper() + said[1:]
