"""Core readings of a machine that this one is not, in the real shapes. `wave` is between 0 and 1."""

from __future__ import annotations

import math
from datetime import datetime

from perfwatch.readings.core import (
    Connections,
    Cpu,
    Device,
    Disk,
    Interface,
    Memory,
    Network,
    Partition,
    PerfEvent,
    PerfEvents,
    TcpConnections,
    UdpConnections,
)

GIB = 2**30
_EVENTS = {
    "cycles": 9.1e9,
    "instructions": 1.4e10,
    "branches": 2.2e9,
    "branch-misses": 3.1e7,
    "L1-dcache-loads": 4.4e9,
    "L1-dcache-load-misses": 1.2e8,
    "LLC-loads": 1.9e7,
    "context-switches": 5300.0,
    "cpu-migrations": 210.0,
    "page-faults": 12500.0,
}


def wave_at(milliseconds: int, shift: float = 0) -> float:
    """Between 0 and 1, a minute and a half long."""
    return 0.5 + 0.5 * math.sin(milliseconds / 14_000 + shift)


def cpu(moment: datetime, milliseconds: int, cores: int) -> Cpu:
    per_core = [round(100 * wave_at(milliseconds, core / 3) ** 3, 1) for core in range(cores)]
    usage = sum(per_core) / cores
    return Cpu(
        timestamp=moment,
        usage_percent=usage,
        per_core=list(per_core),
        user=usage * 0.7,
        system=usage * 0.2,
        iowait=2 + usage * 0.05,
        irq=0.1,
        softirq=usage * 0.1,
        steal=0.0,
        idle=98 - usage * 1.05,
        frequency_mhz=[3100.0] * cores,
        temperature_celsius=[61.5, 58.0],
        load_average=[40.12, 38.5, 33.01],
        interrupts=milliseconds * 12,
        context_switches=milliseconds * 31,
        core_count=cores,
        physical_cores=cores,
    )


def memory(moment: datetime, wave: float) -> Memory:
    used = round((180 + 60 * wave) * GIB)
    return Memory(
        timestamp=moment,
        usage_percent=round(100 * used / (512 * GIB), 1),
        total_bytes=512 * GIB,
        used_bytes=used,
        available_bytes=512 * GIB - used,
        free_bytes=512 * GIB - used - 134 * GIB,
        cached_bytes=130 * GIB,
        buffers_bytes=4 * GIB,
        shared_bytes=2 * GIB,
        swap_total_bytes=16 * GIB,
        swap_used_bytes=GIB,
        swap_free_bytes=15 * GIB,
        swap_percent=6.2,
        hugepages_total=1024,
        hugepages_free=200,
        hugepages_reserved=16,
    )


def network(moment: datetime, milliseconds: int, wave: float) -> Network:
    def interface(share: float, errors: int = 0) -> Interface:
        return Interface(
            bytes_sent=round(milliseconds * share),
            bytes_recv=round(milliseconds * share * 2),
            bytes_sent_per_sec=4.1e6 * wave * share,
            bytes_recv_per_sec=31e6 * wave * share,
            errors_in=errors,
            errors_out=0,
            drops_in=errors * 3,
            drops_out=0,
        )

    return Network(
        timestamp=moment,
        bytes_sent_per_sec=4.1e6 * wave,
        bytes_recv_per_sec=31e6 * wave,
        interfaces={"lo": interface(0.1), "enp65s0f0np0": interface(0.9, 12), "enp65s0f1np1": interface(0.1)},
        connections=Connections(
            tcp=TcpConnections(established=1832, time_wait=211, close_wait=2, listen=41),
            udp=UdpConnections(count=19),
        ),
    )


def disk(moment: datetime, wave: float) -> Disk:
    def drive(share: float) -> Device:
        return Device(
            read_bytes=round(9e12 * share),
            write_bytes=round(4e12 * share),
            read_bytes_per_sec=220e6 * wave * share,
            write_bytes_per_sec=80e6 * (1 - wave) * share,
            read_iops=5400 * wave * share,
            write_iops=2100 * share,
            read_latency_ms=0.21,
            write_latency_ms=0.08 if share > 0.3 else None,
        )

    def partition(device: str, total: float, percent: float) -> Partition:
        return Partition(
            device=device,
            fstype="ext4",
            total_bytes=round(total),
            used_bytes=round(total * percent / 100),
            free_bytes=round(total * (1 - percent / 100)),
            usage_percent=percent,
        )

    return Disk(
        timestamp=moment,
        read_bytes_per_sec=220e6 * wave,
        write_bytes_per_sec=80e6 * (1 - wave),
        devices={"nvme0n1": drive(0.7), "nvme1n1": drive(0.3)},
        partitions={
            "/": partition("/dev/nvme0n1p2", 1.9e12, 43.2),
            "/srv/data": partition("/dev/nvme1n1p1", 7.6e12, 93.1),
        },
    )


def perf_events(moment: datetime, wave: float) -> PerfEvents:
    return PerfEvents(
        timestamp=moment,
        available=True,
        cpu_cores="all",
        interval_ms=1000.0,
        events={name: PerfEvent(value=value * (0.5 + wave), unit="") for name, value in _EVENTS.items()},
        unsupported_events=["LLC-load-misses", "L1-icache-loads"],
        instructions_per_cycle=1.2 + 0.5 * wave,
        branch_miss_percent=1.1 + wave,
        l1d_miss_percent=2.4 + wave,
        llc_miss_percent=None,
    )
