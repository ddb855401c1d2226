"""Readings: what a metric topic carries, as types. Units are in the names.

`null` means that the value could not be read; it is never written as 0. Fields may be added;
renaming or removing one is a new schema.
"""

from __future__ import annotations

from msgspec import Struct, field

from perfwatch.readings.base import Count, Number, Reading, Timestamp
from perfwatch.readings.optional import MORE

SCHEMA = 1


class Cpu(Reading, kw_only=True):
    usage_percent: Number = None
    per_core: list[Number] = []
    user: Number = None
    system: Number = None
    idle: Number = None
    iowait: Number = None
    irq: Number = None
    softirq: Number = None
    steal: Number = None
    frequency_mhz: list[Number] = []
    temperature_celsius: list[Number] = []
    load_average: list[Number] = []
    interrupts: Count = None
    context_switches: Count = None
    forks: Count = None
    core_count: Count = None
    physical_cores: Count = None


class Memory(Reading, kw_only=True):
    usage_percent: Number = None
    total_bytes: Count = None
    used_bytes: Count = None
    available_bytes: Count = None
    free_bytes: Count = None
    cached_bytes: Count = None
    buffers_bytes: Count = None
    shared_bytes: Count = None
    swap_total_bytes: Count = None
    swap_used_bytes: Count = None
    swap_free_bytes: Count = None
    swap_percent: Number = None
    hugepages_total: Count = None
    hugepages_free: Count = None
    hugepages_reserved: Count = None
    slab_bytes: Count = None
    dirty_bytes: Count = None
    committed_bytes: Count = None
    zfs_arc_bytes: Count = None


class Interface(Struct, kw_only=True):
    """`kind` is `hardware`, `loopback`, or the kernel's word for what it is made of.

    `counted` says whether it is in the sums: what passes through another interface is not.
    """

    kind: str | None = None
    counted: bool | None = None
    signal_dbm: Number = None
    bytes_sent: Count = None
    bytes_recv: Count = None
    packets_sent: Count = None
    packets_recv: Count = None
    bytes_sent_per_sec: Number = None
    bytes_recv_per_sec: Number = None
    packets_sent_per_sec: Number = None
    packets_recv_per_sec: Number = None
    errors_in: Count = None
    errors_out: Count = None
    drops_in: Count = None
    drops_out: Count = None


class TcpConnections(Struct, kw_only=True):
    established: Count = None
    time_wait: Count = None
    close_wait: Count = None
    listen: Count = None


class UdpConnections(Struct, kw_only=True):
    count: Count = None


class Connections(Struct, kw_only=True):
    tcp: TcpConnections = field(default_factory=TcpConnections)
    udp: UdpConnections = field(default_factory=UdpConnections)


class Network(Reading, kw_only=True):
    """Sums are over the interfaces that are `counted`."""

    bytes_sent_per_sec: Number = None
    bytes_recv_per_sec: Number = None
    tracked_connections: Count = None
    tracked_connections_limit: Count = None
    interfaces: dict[str, Interface] = {}
    connections: Connections | None = None


class Device(Struct, kw_only=True):
    """`counted` says whether it is in the sums: a partition, or a disk made of disks, is not."""

    counted: bool | None = None
    read_bytes: Count = None
    write_bytes: Count = None
    read_count: Count = None
    write_count: Count = None
    read_bytes_per_sec: Number = None
    write_bytes_per_sec: Number = None
    read_iops: Number = None
    write_iops: Number = None
    read_latency_ms: Number = None
    write_latency_ms: Number = None
    usage_percent: Number = None
    queue_length: Number = None


class Partition(Struct, kw_only=True):
    device: str | None = None
    fstype: str | None = None
    total_bytes: Count = None
    used_bytes: Count = None
    free_bytes: Count = None
    usage_percent: Number = None
    inodes_total: Count = None
    inodes_used: Count = None
    inodes_percent: Number = None


class Array(Struct, kw_only=True):
    """A RAID array. `state` is active, degraded or inactive; `work` is what the kernel does to it now."""

    level: str | None = None
    state: str | None = None
    disks: Count = None
    disks_active: Count = None
    work: str | None = None
    work_percent: Number = None


class Drive(Struct, kw_only=True):
    """A drive's health by SMART. `state` is ok, warning or failing; `wear_percent` may be above 100."""

    state: str | None = None
    reallocated_sectors: Count = None
    pending_sectors: Count = None
    uncorrectable_sectors: Count = None
    reported_errors: Count = None
    self_test_errors: Count = None
    media_errors: Count = None
    spare_percent: Number = None
    wear_percent: Number = None
    power_on_hours: Count = None


class Disk(Reading, kw_only=True):
    """Rates are sums over whole disks; a partition's own counters are not added again."""

    read_bytes_per_sec: Number = None
    write_bytes_per_sec: Number = None
    devices: dict[str, Device] = {}
    partitions: dict[str, Partition] = {}
    arrays: dict[str, Array] = {}
    drives: dict[str, Drive] = {}


class PerfEvent(Struct, kw_only=True):
    """`unit` is perf's own: `msec` for a clock, empty for a plain count."""

    value: Number = None
    unit: str | None = None


class PerfEvents(Reading, kw_only=True):
    """Counts of all of perf's intervals that ended since the last tick, `interval_ms` long together.

    `available` is null until the first interval is over.
    """

    available: bool | None = None
    reason: str | None = None
    cpu_cores: str | None = None
    interval_ms: Number = None
    events: dict[str, PerfEvent] = {}
    unsupported_events: list[str] = []
    instructions_per_cycle: Number = None
    branch_miss_percent: Number = None
    l1d_miss_percent: Number = None
    llc_miss_percent: Number = None

    @property
    def unavailable(self) -> str | None:
        return self.reason


class MemoryBandwidth(Reading, kw_only=True):
    """Traffic between memory and disks. `pgpgin` and `pgpgout` are kB, the others pages or faults.

    `available` is for frontends that ask for it; where nothing can be read there is no reading.
    """

    available: bool | None = None
    pgpgin_per_sec: Number = None
    pgpgout_per_sec: Number = None
    pswpin_per_sec: Number = None
    pswpout_per_sec: Number = None
    page_io_bytes_per_sec: Number = None
    swap_io_bytes_per_sec: Number = None
    pgfault_per_sec: Number = None
    pgmajfault_per_sec: Number = None


SWITCHED_OFF = "switched off"
"""Why a source that nobody wants does not work, in `HostInfo.sources`."""


class HostInfo(Struct, kw_only=True):
    """What `<prefix>/<host>/info` carries. `interval` is in seconds, `memory_total_bytes` in bytes.

    `sources` maps each source to null when it is available, or to the reason why it is not. `twin` is another
    machine that was seen to publish as this host too. `tags` are those of `PERFWATCH_TAGS`.
    """

    hostname: str
    os: str
    kernel: str
    cpu_model: str | None = None
    core_count: Count = None
    physical_cores: Count = None
    memory_total_bytes: Count = None
    boot_time: Timestamp | None = None
    version: str
    schema: int = SCHEMA
    interval: float
    sources: dict[str, str | None] = {}
    twin: str | None = None
    tags: dict[str, str] = {}


class DeviceInfo(Struct, kw_only=True, omit_defaults=True):
    """What `<prefix>/<device>/info` carries of something without a collector: `source` takes its messages.

    `tags` may have its `room`.
    """

    source: str
    name: str | None = None
    model: str | None = None
    manufacturer: str | None = None
    tags: dict[str, str] = {}


READINGS: dict[str, type[Reading]] = {
    "cpu": Cpu,
    "memory": Memory,
    "network": Network,
    "disk": Disk,
    "perf_events": PerfEvents,
    "memory_bandwidth": MemoryBandwidth,
    **MORE,
}
"""The metrics whose fields are declared here, in the order in which a page shows them."""
