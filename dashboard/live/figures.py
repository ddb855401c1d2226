"""The few numbers by which a host is known at a glance, out of its readings. Does no input or output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from perfwatch.readings.base import Reading
from perfwatch.readings.codec import UNREADABLE, to_ms
from perfwatch.readings.core import Cpu, Disk, Memory, Network
from perfwatch.readings.optional import Containers, Gpus, Processes, Sensors, System, Systemd

R = TypeVar("R", bound=Reading)

Figures = dict[str, float | str | None]

# What a chip's unconnected input likes to say.
NOT_WIRED_CELSIUS = 120
# A start is told to so many seconds: it would else differ a little with each tick.
_STARTED_SECONDS = 10


def figures(readings: Mapping[str, msgspec.Raw], moment: datetime) -> Figures:
    """Those of one tick, as exact as they are shown; None where nobody reads one.

    Shares are in percent, rates in bytes/s, `started` is in seconds since 1970, and `fullest` is the
    mountpoint that `disk` is of. `load` is that of a minute, `gpu` that of the busiest, and `containers` are
    those that run.
    """

    def read(metric: str, kind: type[R]) -> R:
        try:
            return msgspec.json.decode(readings[metric], type=kind)
        except (KeyError, *UNREADABLE):
            return kind(timestamp=moment)

    cpu, network, memory = read("cpu", Cpu), read("network", Network), read("memory", Memory)
    partitions = {name: one.usage_percent for name, one in read("disk", Disk).partitions.items()}
    fullest = largest(partitions.values())
    gpus, system = read("gpu", Gpus).gpus.values(), read("system", System)
    degrees = [
        *(cpu.temperature_celsius or ()),
        *(one.celsius for one in read("sensors", Sensors).temperatures.values()),
        *(one.temperature_celsius for one in gpus),
    ]
    uptime = system.uptime_seconds
    return {
        "cpu": tenth(cpu.usage_percent),
        "memory": tenth(memory.usage_percent),
        "disk": tenth(fullest),
        "fullest": next((name for name, share in partitions.items() if share == fullest), None),
        "down": three_figures(network.bytes_recv_per_sec),
        "up": three_figures(network.bytes_sent_per_sec),
        "temperature": hottest(degrees),
        "failed": read("systemd", Systemd).failed or 0,
        "started": None if uptime is None else _started(moment, uptime),
        "load": next(iter(cpu.load_average), None),
        "swap": tenth(memory.swap_percent),
        "gpu": tenth(largest(one.usage_percent for one in gpus)),
        "containers": read("containers", Containers).running,
        "processes": read("processes", Processes).count,
        "users": system.user_count,
    }


def hottest(degrees: Iterable[float | None]) -> float | None:
    found = largest(one for one in degrees if one is not None and one < NOT_WIRED_CELSIUS)
    return None if found is None else round(found)


def largest(numbers: Iterable[float | None]) -> float | None:
    return max((one for one in numbers if one is not None), default=None)


def tenth(number: float | None) -> float | None:
    return None if number is None else round(number, 1)


def three_figures(number: float | None) -> int | None:
    """A rate as exact as it is shown: 1,234,567 is 1,230,000."""
    if number is None:
        return None
    whole = round(number)
    return round(whole, 3 - len(str(abs(whole))))


def _started(moment: datetime, uptime: float) -> float:
    return round((to_ms(moment) / 1000 - uptime) / _STARTED_SECONDS) * _STARTED_SECONDS
