"""Machines that this one is not: their readings, in the real shapes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from perfwatch.readings.base import Reading
from perfwatch.readings.codec import encode_info, from_ms
from perfwatch.readings.core import HostInfo, MemoryBandwidth
from perfwatch.readings.optional import FailedUnit, Pressure, System, Systemd, User
from tests.pages.core_readings import GIB, cpu, disk, memory, network, perf_events, wave_at
from tests.pages.optional_readings import containers, gpus, processes, sensors, stall


def everything(milliseconds: int, cores: int) -> dict[str, Reading]:
    """One tick of a server that has all there is to read."""
    moment, wave = from_ms(milliseconds), wave_at(milliseconds)
    return {
        "cpu": cpu(moment, milliseconds, cores),
        "memory": memory(moment, wave),
        "network": network(moment, milliseconds, wave),
        "disk": disk(moment, wave),
        "perf_events": perf_events(moment, wave),
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
        "sensors": sensors(moment, wave),
        "gpu": gpus(moment, wave),
        "pressure": Pressure(
            timestamp=moment,
            resources={
                "cpu": stall(12 * wave),
                "memory": stall(0.0),
                "io": stall(3.5 * (1 - wave)),
            },
        ),
        "processes": processes(moment, wave),
        "containers": containers(moment, wave),
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
        "temperature_celsius": -3.5 + wave_at(milliseconds),
        "humidity_percent": 61.2,
        "pressure_hectopascals": 1013.2,
    }
    power = {"solar_watts": 412.0, "voltage_volts": 53.1, "charging": True, "cells": {"a": {"volts": 3.31}}}
    return {"climate": msgspec.json.encode({"timestamp": stamp, **climate, **power, "label": "roof"})}
