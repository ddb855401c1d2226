"""A host with 16 cores, as its readings are kept: the same points on every run."""

from __future__ import annotations

import random
from collections.abc import Iterator

from perfwatch.history.store import Point, Series

HOST = "bench"
CORES = 16
STEP = 5000
END = 1_795_435_200_000  # 2026-11-23T12:00:00Z, in ms
DAY = 86_400_000

USAGE = Series("cpu", HOST, "", "", "usage_percent")
ALL_CORES = [Series("cpu", HOST, "core", str(core), "usage_percent") for core in range(CORES)]

_GB = 1 << 30


def ticks(days: float, seed: int = 7, host: str = HOST) -> Iterator[list[Point]]:
    """The points of each tick of the last `days` before END, every 5 s, 92 numbers each."""
    chance = random.Random(seed)
    cores = [20.0] * CORES
    counts = [0] * 8
    for time in range(END - round(days * DAY), END, STEP):
        cores = [min(100.0, max(0.0, use + chance.gauss(0, 4))) for use in cores]
        counts = [count + chance.randrange(20_000) for count in counts]
        yield [
            Point("cpu", host, "", "", time, _cpu(cores, counts)),
            *(_core(host, number, use, time) for number, use in enumerate(cores)),
            Point("memory", host, "", "", time, _memory(sum(cores))),
            Point("network", host, "", "", time, _rates("bytes_sent_per_sec", "bytes_recv_per_sec", counts)),
            Point("network", host, "interface", "eth0", time, _interface(counts)),
            Point(
                "disk", host, "", "", time, _rates("read_bytes_per_sec", "write_bytes_per_sec", counts[2:])
            ),
            Point("disk", host, "device", "nvme0n1", time, _device(counts)),
            Point("disk", host, "mountpoint", "/", time, _partition(counts)),
        ]


def _cpu(cores: list[float], counts: list[int]) -> dict[str, float]:
    use = sum(cores) / CORES
    shares = {"user": 0.7, "system": 0.2, "iowait": 0.02, "irq": 0.01, "softirq": 0.05, "steal": 0.0}
    return {
        "usage_percent": round(use, 1),
        **{name: round(use * share, 1) for name, share in shares.items()},
        "idle": round(100 - use, 1),
        "load_average_1": round(use / 6, 2),
        "load_average_5": round(use / 7, 2),
        "load_average_15": round(use / 8, 2),
        "interrupts": float(counts[0] * 3),
        "context_switches": float(counts[1] * 5),
        "core_count": 16.0,
        "physical_cores": 8.0,
    }


def _core(host: str, number: int, use: float, time: int) -> Point:
    fields = {"usage_percent": round(use, 1), "frequency_mhz": 800.0 + round(use) * 32}
    return Point("cpu", host, "core", str(number), time, fields)


def _memory(load: float) -> dict[str, float]:
    used = int(8 * _GB + load * 4e6) // 4096 * 4096
    swap = {"swap_total_bytes": 8.0 * _GB, "swap_used_bytes": 0.0, "swap_free_bytes": 8.0 * _GB}
    return {
        "usage_percent": round(used / (32 * _GB) * 100, 1),
        "total_bytes": 32.0 * _GB,
        "used_bytes": float(used),
        "available_bytes": float(32 * _GB - used),
        "free_bytes": float(20 * _GB - used // 2),
        "cached_bytes": 9.0 * _GB,
        "buffers_bytes": 1.0 * _GB,
        "shared_bytes": 0.5 * _GB,
        **swap,
        "swap_percent": 0.0,
        **{f"hugepages_{name}": 0.0 for name in ("total", "free", "reserved")},
    }


def _rates(first: str, second: str, counts: list[int]) -> dict[str, float]:
    return {first: counts[0] % 20_000 / 5, second: counts[1] % 20_000 / 5}


def _interface(counts: list[int]) -> dict[str, float]:
    ways = zip(("bytes_sent", "bytes_recv", "packets_sent", "packets_recv"), counts, strict=False)
    totals = {name: float(count) for name, count in ways}
    rates = {f"{name}_per_sec": count % 20_000 / 5 for name, count in totals.items()}
    return totals | rates | dict.fromkeys(("errors_in", "errors_out", "drops_in", "drops_out"), 0.0)


def _device(counts: list[int]) -> dict[str, float]:
    ways = zip(("read_bytes", "write_bytes", "read_count", "write_count"), counts[4:], strict=False)
    totals = {name: float(count) for name, count in ways}
    rates = {f"{name}_per_sec": totals[name] % 20_000 / 5 for name in ("read_bytes", "write_bytes")}
    busy = {"read_iops": counts[6] % 500 / 5, "write_iops": counts[7] % 500 / 5}
    return totals | rates | busy | {"read_latency_ms": 0.2, "write_latency_ms": counts[7] % 40 / 10}


def _partition(counts: list[int]) -> dict[str, float]:
    used = 100 * _GB + counts[5] // 4096 * 4096
    shares = {"total_bytes": 500.0 * _GB, "used_bytes": float(used), "free_bytes": float(500 * _GB - used)}
    return shares | {"usage_percent": round(used / (500 * _GB) * 100, 1)}
