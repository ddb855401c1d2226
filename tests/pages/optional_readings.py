"""Readings of what only some machines have, in the real shapes. `wave` is between 0 and 1."""

from __future__ import annotations

from datetime import datetime

from perfwatch.readings.optional import (
    Container,
    Containers,
    Fan,
    Gpu,
    Gpus,
    Processes,
    Sensors,
    Stall,
    Temperature,
    TopProcess,
)
from tests.pages.core_readings import GIB


def sensors(moment: datetime, wave: float) -> Sensors:
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


def gpus(moment: datetime, wave: float) -> Gpus:
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


def stall(percent: float) -> Stall:
    return Stall(
        some_avg10_percent=percent,
        some_avg60_percent=percent / 2,
        some_avg300_percent=percent / 3,
        some_stall_ms_per_sec=percent * 9,
        full_avg10_percent=percent / 8,
    )


def processes(moment: datetime, wave: float) -> Processes:
    names = ["postgres", "python3", "node", "dockerd", "prometheus", "java", "redis-server"]
    top = {
        name: TopProcess(
            processes=1 + place % 3, cpu_percent=420 * wave / (1 + place), memory_bytes=GIB * (place + 1)
        )
        for place, name in enumerate(names)
    }
    return Processes(timestamp=moment, count=1204, threads=9120, running=43, blocked=2, zombies=0, top=top)


def containers(moment: datetime, wave: float) -> Containers:
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
