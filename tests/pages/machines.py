"""Machines that this one is not: their readings, in the real shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from perfwatch.readings.base import Reading
from perfwatch.readings.codec import encode_info, from_ms
from perfwatch.readings.core import (
    Connections,
    Cpu,
    Device,
    Disk,
    HostInfo,
    Interface,
    Memory,
    MemoryBandwidth,
    Network,
    Partition,
    PerfEvent,
    PerfEvents,
    TcpConnections,
    UdpConnections,
)
from perfwatch.readings.optional import (
    Container,
    Containers,
    FailedUnit,
    Fan,
    Gpu,
    Gpus,
    Pressure,
    Processes,
    Sensors,
    Stall,
    System,
    Systemd,
    Temperature,
    TopProcess,
    User,
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


def everything(milliseconds: int, cores: int) -> dict[str, Reading]:
    """One tick of a server that has all there is to read."""
    moment, wave = from_ms(milliseconds), _wave(milliseconds)
    return {
        "cpu": _cpu(moment, milliseconds, cores),
        "memory": _memory(moment, wave),
        "network": _network(moment, milliseconds, wave),
        "disk": _disk(moment, wave),
        "perf_events": _perf_events(moment, wave),
        "memory_bandwidth": MemoryBandwidth(
            timestamp=moment,
            pgpgin_per_sec=1200 * wave,
            pgpgout_per_sec=5300.0,
            pswpin_per_sec=0.0,
            pswpout_per_sec=12 * wave,
            page_io_bytes_per_sec=(1200 * wave + 5300) * 1024,
            swap_io_bytes_per_sec=12 * wave * 4096,
            pgfault_per_sec=21000 * wave,
            pgmajfault_per_sec=0.3,
        ),
        "sensors": _sensors(moment, wave),
        "gpu": _gpus(moment, wave),
        "pressure": Pressure(
            timestamp=moment,
            resources={
                "cpu": _stall(12 * wave),
                "memory": _stall(0.0),
                "io": _stall(3.5 * (1 - wave)),
            },
        ),
        "processes": _processes(moment, wave),
        "containers": _containers(moment, wave),
        "system": System(
            timestamp=moment,
            uptime_seconds=3_432_600.0,
            boot_time=datetime(2026, 10, 16, 8, 0, tzinfo=UTC),
            user_count=2,
            terminals=3,
            users={"ada": User(terminals=2), "grace": User(terminals=1)},
        ),
        "systemd": Systemd(
            timestamp=moment,
            failed=1,
            age_seconds=31.0,
            units={"backup.service": FailedUnit(description="Nightly backup", state="failed")},
        ),
    }


def info(host: str, cores: int, absent: Mapping[str, str] | None = None) -> bytes:
    """What such a machine says of itself; `absent` are sources with the reason why they are not read."""
    return encode_info(
        HostInfo(
            hostname=host,
            os="Debian GNU/Linux 13",
            kernel="6.12.48",
            cpu_model="AMD EPYC 9754 128-Core Processor",
            core_count=cores,
            physical_cores=cores,
            memory_total_bytes=512 * GIB,
            boot_time=datetime(2026, 10, 16, 8, 0, tzinfo=UTC),
            version="1.0.0",
            interval=0.5,
            sources=dict.fromkeys(everything(0, 1)) | dict(absent or {}),
        )
    )


def device(milliseconds: int) -> dict[str, bytes]:
    """A reading of a metric that PerfWatch does not know."""
    stamp = from_ms(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    climate = {
        "temperature_celsius": -3.5 + _wave(milliseconds),
        "humidity_percent": 61.2,
        "pressure_hectopascals": 1013.2,
    }
    power = {"solar_watts": 412.0, "voltage_volts": 53.1, "charging": True, "cells": {"a": {"volts": 3.31}}}
    return {"climate": msgspec.json.encode({"timestamp": stamp, **climate, **power, "label": "roof"})}


def _wave(milliseconds: int, shift: float = 0) -> float:
    """Between 0 and 1, a minute and a half long."""
    return 0.5 + 0.5 * math.sin(milliseconds / 14_000 + shift)


def _cpu(moment: datetime, milliseconds: int, cores: int) -> Cpu:
    per_core = [round(100 * _wave(milliseconds, core / 3) ** 3, 1) for core in range(cores)]
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


def _memory(moment: datetime, wave: float) -> Memory:
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


def _network(moment: datetime, milliseconds: int, wave: float) -> Network:
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


def _disk(moment: datetime, wave: float) -> Disk:
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


def _perf_events(moment: datetime, wave: float) -> PerfEvents:
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


def _sensors(moment: datetime, wave: float) -> Sensors:
    def temperature(chip: str, label: str, celsius: float) -> Temperature:
        return Temperature(chip=chip, label=label, celsius=celsius, high_celsius=85.0, critical_celsius=95.0)

    return Sensors(
        timestamp=moment,
        temperatures={
            "k10temp Tctl": temperature("k10temp", "Tctl", 58 + 8 * wave),
            "k10temp Tccd1": temperature("k10temp", "Tccd1", 55 + 5 * wave),
            "nvme0 Composite": temperature("nvme0", "Composite", 41.9),
            "nvme1 Composite": temperature("nvme1", "Composite", 86.0),
            "mlx5 asic": temperature("mlx5", "asic", 52.0),
        },
        fans={"nct6798 fan1": Fan(chip="nct6798", label="fan1", rpm=1480), "nct6798 fan2": Fan(rpm=1512)},
    )


def _gpus(moment: datetime, wave: float) -> Gpus:
    def card(share: float) -> Gpu:
        return Gpu(
            vendor="NVIDIA",
            model="L40S",
            usage_percent=round(97 * wave * share, 1),
            memory_used_bytes=round(30 * GIB * share),
            memory_total_bytes=48 * GIB,
            memory_percent=62.5 * share,
            temperature_celsius=61.0,
            power_watts=240 * share,
            clock_mhz=2520.0,
            fan_percent=None,
        )

    return Gpus(timestamp=moment, gpus={"nvidia0": card(1), "nvidia1": card(0.6)})


def _stall(percent: float) -> Stall:
    return Stall(
        some_avg10_percent=percent,
        some_avg60_percent=percent / 2,
        some_avg300_percent=percent / 3,
        some_stall_ms_per_sec=percent * 9,
        full_avg10_percent=percent / 8,
    )


def _processes(moment: datetime, wave: float) -> Processes:
    names = ["postgres", "python3", "node", "dockerd", "prometheus", "java", "redis-server"]
    top = {
        name: TopProcess(
            processes=1 + place % 3, cpu_percent=420 * wave / (1 + place), memory_bytes=GIB * (place + 1)
        )
        for place, name in enumerate(names)
    }
    return Processes(timestamp=moment, count=1204, threads=9120, running=43, blocked=2, zombies=0, top=top)


def _containers(moment: datetime, wave: float) -> Containers:
    found = {
        name: Container(
            engine="docker",
            image=f"{name}:latest",
            state="running",
            cpu_percent=60 * wave / (1 + place),
            memory_bytes=(place + 1) * 400 * 2**20,
            bytes_recv_per_sec=2e5 * wave,
            bytes_sent_per_sec=None,
        )
        for place, name in enumerate(["web", "api", "worker", "cache"])
    }
    found["migrate"] = Container(engine="docker", image="api:latest", state="exited")
    return Containers(timestamp=moment, count=5, running=4, age_seconds=1.2, containers=found)
