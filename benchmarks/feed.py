"""Readings of many simulated hosts, as collectors publish them: six metrics a tick."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterable, Iterator

from perfwatch.history.store import Numbers
from perfwatch.readings import codec

METRICS = ("cpu", "memory", "network", "disk", "perf_events", "memory_bandwidth")
_CORES = 8
_EVENTS = (
    "cpu-clock context-switches cpu-migrations page-faults cycles instructions branches branch-misses"
    " L1-dcache-loads L1-dcache-load-misses LLC-loads LLC-load-misses"
).split()
_INTERFACE = (
    "bytes_sent bytes_recv packets_sent packets_recv bytes_sent_per_sec bytes_recv_per_sec"
    " packets_sent_per_sec packets_recv_per_sec errors_in errors_out drops_in drops_out"
).split()
_DEVICE = (
    "read_bytes write_bytes read_count write_count read_bytes_per_sec write_bytes_per_sec read_iops"
    " write_iops read_latency_ms write_latency_ms"
).split()
_MEMORY = (
    "total_bytes used_bytes available_bytes free_bytes cached_bytes buffers_bytes shared_bytes"
    " swap_total_bytes swap_used_bytes swap_free_bytes hugepages_total hugepages_free hugepages_reserved"
).split()


def messages(hosts: int, ticks: int, begin_ms: int, seed: int = 4) -> Iterator[tuple[str, str]]:
    """Topic and payload of each message: every host's six metrics, tick after tick, 5 s apart."""
    chance = random.Random(seed)
    for tick in range(ticks):
        for host in range(hosts):
            yield from tick_of(f"host{host:03d}", begin_ms + tick * 5000, chance)


def tick_of(host: str, time_ms: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Topic and payload of each of the six messages of one tick."""
    time = codec.format_time(codec.from_ms(time_ms))
    for metric in METRICS:
        content = {"timestamp": time, **_fields(metric, chance)}
        yield f"perfwatch/{host}/{metric}", json.dumps(content, separators=(",", ":"))


def decoded(sent: Iterable[tuple[str, str]]) -> list[Numbers]:
    """What a bridge takes for the history of them."""
    from bridge.decode import Decoder
    from bridge.series_limit import SeriesLimit
    from perfwatch.topics import Topics

    decoder, far = Decoder(Topics(), SeriesLimit(5000, print)), 10**14
    return [one for topic, payload in sent if (one := decoder.decode(topic, payload.encode(), far))]


def numbers(sent: Iterable[tuple[str, str]]) -> int:
    """How many numbers the history keeps of them."""
    return sum(len(one.values) for one in decoded(sent))


def mosquitto_sub(port: int, client: str, count: int, ahead: int) -> list[str]:
    """The C client that takes `count` messages of a session and writes them to nothing.

    The broker sends it `ahead` messages before they are acknowledged, as many as it sends a bridge.
    """
    command = f"mosquitto_sub -V 5 -p {port} -i {client} -c -x 3600 -q 1 -t perfwatch/+/+ -C {count}"
    return [*command.split(), "-D", "connect", "receive-maximum", str(ahead)]


def begin_session(port: int, client: str) -> None:
    """Have the broker queue for `client`, which is away."""
    command = f"mosquitto_sub -V 5 -p {port} -i {client} -c -x 3600 -q 1 -t perfwatch/+/+ -E".split()
    subprocess.run(command, check=True, timeout=20, stdout=subprocess.DEVNULL)


def _fields(metric: str, chance: random.Random) -> dict[str, object]:
    if metric == "cpu":
        return {
            **{name: percent(chance) for name in ("usage_percent", "user", "system", "idle", "iowait")},
            **{name: percent(chance) for name in ("irq", "softirq", "steal")},
            "per_core": [percent(chance) for _ in range(_CORES)],
            "frequency_mhz": [round(chance.uniform(800, 4500), 1) for _ in range(_CORES)],
            "temperature_celsius": [percent(chance)],
            "load_average": [percent(chance) for _ in range(3)],
            "interrupts": count(chance),
            "context_switches": count(chance),
            "core_count": _CORES,
            "physical_cores": _CORES // 2,
        }
    if metric == "memory":
        shares = {name: percent(chance) for name in ("usage_percent", "swap_percent")}
        return {**{name: count(chance) for name in _MEMORY}, **shares}
    if metric == "network":
        return {
            "bytes_sent_per_sec": percent(chance),
            "bytes_recv_per_sec": percent(chance),
            "interfaces": {name: {f: count(chance) for f in _INTERFACE} for name in ("eth0", "wlan0")},
            "connections": {
                "tcp": {name: 5 for name in ("established", "time_wait", "close_wait", "listen")},
                "udp": {"count": 9},
            },
        }
    if metric == "disk":
        space = {name: count(chance) for name in ("total_bytes", "used_bytes", "free_bytes")}
        named = {"device": "/dev/nvme0n1p2", "fstype": "ext4", **space, "usage_percent": percent(chance)}
        return {
            "read_bytes_per_sec": percent(chance),
            "write_bytes_per_sec": percent(chance),
            "devices": {name: {f: count(chance) for f in _DEVICE} for name in ("nvme0n1", "sda")},
            "partitions": {"/": named, "/home": named},
        }
    if metric == "perf_events":
        events = {name: {"value": count(chance), "unit": ""} for name in _EVENTS}
        return {"available": True, "cpu_cores": "0-7", "interval_ms": 1000, "events": events}
    paged = ("pgpgin", "pgpgout", "pswpin", "pswpout", "pgfault", "pgmajfault")
    rates = {f"{name}_per_sec": percent(chance) for name in paged}
    return {**rates, "page_io_bytes_per_sec": percent(chance), "swap_io_bytes_per_sec": 0.0}


def percent(chance: random.Random) -> float:
    return round(chance.uniform(0, 100), 2)


def count(chance: random.Random) -> int:
    return chance.randrange(10**10)
