"""Hosts and devices as a broker knows them, for pages that show several."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from perfwatch.history.flatten import Flattener
from perfwatch.history.open import open_store
from perfwatch.readings.base import Reading
from perfwatch.readings.codec import encode, encode_info, from_ms, now, to_ms
from perfwatch.readings.core import Cpu, Disk, HostInfo, Memory, Network, Partition
from perfwatch.readings.optional import Systemd
from perfwatch.tags import Tags

Messages = Iterator[tuple[str, bytes]]


def presence(
    host: str, status: str, interval: float = 60, os: str = "Debian 12", tags: Tags | None = None
) -> Messages:
    """`interval` in seconds says when its readings are late."""
    info = HostInfo(
        hostname=host,
        os=os,
        kernel="6.8",
        version="1",
        interval=interval,
        boot_time=now() - timedelta(days=3),
        tags=tags or {},
    )
    yield f"perfwatch/{host}/info", encode_info(info)
    yield f"perfwatch/{host}/status", status.encode()


def readings(
    moment: datetime,
    cpu: float,
    memory: float = 40,
    disk: float = 50,
    network: float = 2e6,
    celsius: float = 45,
    load: float = 0.5,
) -> dict[str, Reading]:
    """What one tick has of each metric."""
    return {
        "cpu": Cpu(
            timestamp=moment,
            usage_percent=cpu,
            temperature_celsius=[celsius, None],
            load_average=[load, 0, 0],
        ),
        "memory": Memory(timestamp=moment, usage_percent=memory, swap_percent=1),
        "disk": Disk(
            timestamp=moment,
            partitions={"/": Partition(usage_percent=10), "/srv": Partition(usage_percent=disk)},
        ),
        "network": Network(timestamp=moment, bytes_recv_per_sec=network, bytes_sent_per_sec=network / 10),
        "systemd": Systemd(timestamp=moment, failed=0),
    }


def tick(host: str, cpu: float, moment: datetime | None = None, **numbers: float) -> Messages:
    for metric, reading in readings(moment or now(), cpu, **numbers).items():
        yield f"perfwatch/{host}/{metric}", encode(reading)


def device(host: str, metric: str, moment: datetime | None = None, **numbers: float) -> Messages:
    stamp = (moment or now()).isoformat()
    yield f"perfwatch/{host}/{metric}", json.dumps({"timestamp": stamp, **numbers}).encode()


def remember(url: str, host: str, cpu: float) -> None:
    """Four minutes of readings in the history at `url`, each 5 s."""
    store, newest = open_store(url), to_ms(now())
    store.write(
        Flattener(f"perfwatch/{host}/{metric}", host, metric).flatten(encode(reading))
        for moment in range(newest - 240_000, newest - 5000, 5000)
        for metric, reading in readings(from_ms(moment), cpu).items()
    )
    store.close()
