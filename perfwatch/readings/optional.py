"""Readings of what only some machines have: each is published where it is there.

As in `readings`, `null` means that the value could not be read; units are in the names.
"""

from __future__ import annotations

from msgspec import Struct

from perfwatch.readings.base import Count, Number, Reading, Timestamp


class Temperature(Struct, kw_only=True):
    """`high` and `critical` are the sensor's own limits, where it has some."""

    chip: str | None = None
    label: str | None = None
    celsius: Number = None
    high_celsius: Number = None
    critical_celsius: Number = None


class Fan(Struct, kw_only=True):
    chip: str | None = None
    label: str | None = None
    rpm: Count = None


class Sensors(Reading, kw_only=True):
    """The battery is all batteries of the machine together, a UPS among them; null where it has none."""

    temperatures: dict[str, Temperature] = {}
    fans: dict[str, Fan] = {}
    battery_percent: Number = None
    battery_plugged: bool | None = None
    battery_seconds_left: Count = None
    ups_plugged: bool | None = None


class Gpu(Struct, kw_only=True):
    vendor: str | None = None
    model: str | None = None
    usage_percent: Number = None
    memory_used_bytes: Count = None
    memory_total_bytes: Count = None
    memory_percent: Number = None
    temperature_celsius: Number = None
    power_watts: Number = None
    clock_mhz: Number = None
    memory_clock_mhz: Number = None
    fan_percent: Number = None


class Gpus(Reading, kw_only=True):
    gpus: dict[str, Gpu] = {}


class Stall(Struct, kw_only=True):
    """How long tasks waited for one resource: `some` of them, or all (`full`) at once."""

    some_avg10_percent: Number = None
    some_avg60_percent: Number = None
    some_avg300_percent: Number = None
    some_stall_ms_per_sec: Number = None
    full_avg10_percent: Number = None
    full_avg60_percent: Number = None
    full_avg300_percent: Number = None
    full_stall_ms_per_sec: Number = None


class Pressure(Reading, kw_only=True):
    resources: dict[str, Stall] = {}


class TopProcess(Struct, kw_only=True):
    """All processes of one name together; `cpu_percent` is of one core, as `top` counts it."""

    processes: Count = None
    cpu_percent: Number = None
    memory_bytes: Count = None


class Processes(Reading, kw_only=True):
    """`top` has the five names highest by CPU and the five highest by memory, by CPU first."""

    count: Count = None
    threads: Count = None
    running: Count = None
    blocked: Count = None
    zombies: Count = None
    top: dict[str, TopProcess] = {}


class Container(Struct, kw_only=True):
    """`cpu_percent` is of one core. What is not running has no numbers."""

    engine: str | None = None
    image: str | None = None
    state: str | None = None
    health: str | None = None
    cpu_percent: Number = None
    memory_bytes: Count = None
    memory_limit_bytes: Count = None
    bytes_recv_per_sec: Number = None
    bytes_sent_per_sec: Number = None


class Containers(Reading, kw_only=True):
    count: Count = None
    running: Count = None
    age_seconds: Number = None
    containers: dict[str, Container] = {}


class User(Struct, kw_only=True):
    terminals: Count = None


class System(Reading, kw_only=True):
    """`users` maps each user who is logged in to the terminals on which they are."""

    uptime_seconds: Number = None
    boot_time: Timestamp | None = None
    user_count: Count = None
    terminals: Count = None
    users: dict[str, User] = {}


class FailedUnit(Struct, kw_only=True):
    description: str | None = None
    state: str | None = None


class Systemd(Reading, kw_only=True):
    failed: Count = None
    age_seconds: Number = None
    units: dict[str, FailedUnit] = {}


class CpuCores(Reading, kw_only=True):
    """What each core does, in percent, at the kernel's number; null for one that is off."""

    user: list[Number] = []
    system: list[Number] = []
    iowait: list[Number] = []
    irq: list[Number] = []
    softirq: list[Number] = []
    steal: list[Number] = []


MORE: dict[str, type[Reading]] = {
    "sensors": Sensors,
    "gpu": Gpus,
    "pressure": Pressure,
    "processes": Processes,
    "containers": Containers,
    "system": System,
    "systemd": Systemd,
    "cpu_cores": CpuCores,
}
