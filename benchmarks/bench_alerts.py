"""What the alerts cost: 1,000 hosts by the default rules, a reading of each metric every five seconds.

First the service's work but for its sockets: messages are taken apart and judged, states are made, and all
is kept on disk. CPU time is this process's, so that others on the machine do not count. Then the service
itself with a real broker, where the same minutes come as fast as it takes them.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from alerts.states import state, summary
from alerts.watch import Watch
from benchmarks.process import peak_megabytes, processor_seconds, proportional_megabytes
from benchmarks.table import print_table
from perfwatch.broker import broker_of
from perfwatch.mqtt.client import Client
from perfwatch.readings.codec import format_time, from_ms
from perfwatch.settings import Settings
from perfwatch.topics import Topics
from tests.servers import Mosquitto, wait_until

HOSTS = 1000
INTERVAL = 5
MINUTES = 18
START = 1_800_000_000
SHIPPED = """
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 10000000
max_inflight_messages 8000
"""
TOPICS = Topics()


def main() -> None:
    in_this_process()
    asyncio.run(through_the_service())


def in_this_process() -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = _peak_mib()
        watch = Watch(TOPICS, Path(folder), 60.0, START)
        for number in range(HOSTS):
            watch.hear(TOPICS.status(_host(number)), b"online", True, START)
        # The first half fills the windows; the second is measured.
        ticks = 60 * MINUTES // INTERVAL
        spent, published = 0.0, 0
        for tick in range(ticks):
            now = START + tick * INTERVAL
            used = sum(_take(watch, _messages(number, tick, now), now) for number in range(HOSTS))
            began = time.process_time()
            watch.turn(now)
            published += _publish(watch, now)
            if tick >= ticks // 2:
                spent += used + time.process_time() - began
        kept = (Path(folder) / "alerts" / "memory.jsonl").stat().st_size
    seconds, messages = (ticks - ticks // 2) * INTERVAL, HOSTS * len(_messages(0, 0, START))
    rules = sum(1 for _ in watch.engine.standings())
    print_table(
        f"Alerts: {HOSTS} hosts, {rules / HOSTS:.0f} rules each, {messages / INTERVAL:.0f} messages/s",
        ("what", "measured", "target"),
        [
            ("CPU, % of a core", f"{100 * spent / seconds:.1f}", "below 10"),
            ("CPU a message, µs", f"{1e6 * spent / (messages * (ticks - ticks // 2)):.1f}", ""),
            ("memory for it, MiB", f"{_peak_mib() - before:.1f}", ""),
            ("states published", str(published), ""),
            ("state on disk, kB", f"{kept / 1000:.0f}", ""),
        ],
    )


async def through_the_service() -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        Mosquitto(Path(name), SHIPPED) as broker,
        _service(Path(name), broker) as pid,
    ):
        await _feed(broker)
        await _idle(pid)
        messages = HOSTS * len(_messages(0, 0, START)) * 60 * MINUTES // INTERVAL
        print_table(
            "The service itself, after as many minutes as fast as it takes them",
            ("what", "measured", "target"),
            [
                ("CPU a message, µs", f"{1e6 * processor_seconds(pid) / messages:.1f}", ""),
                ("memory, PSS, MiB", f"{proportional_megabytes(pid):.1f}", ""),
                ("its peak, shared libraries included, MiB", f"{peak_megabytes(pid):.1f}", "at most 38.1"),
            ],
        )


@contextmanager
def _service(folder: Path, broker: Mosquitto) -> Iterator[int]:
    """`python -m alerts`, once it is connected: its process id."""
    log = folder / "alerts.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "alerts", "--data-dir", str(folder)],
            env={**os.environ, "PERFWATCH_BROKER": broker.url},
            stderr=file,
        )
    try:
        wait_until(lambda: "connected to" in log.read_text(), "it is connected")
        yield process.pid
    finally:
        process.kill()
        process.wait()


async def _feed(broker: Mosquitto) -> None:
    """The minutes that end now, each message once the broker has those before."""
    ticks = 60 * MINUTES // INTERVAL
    start = int(time.time()) - ticks * INTERVAL
    async with Client(broker_of(Settings(broker=broker.url)), client_id="feeder") as feeder:

        async def publish(messages: Iterable[tuple[str, bytes]]) -> None:
            sent = (feeder.publish(topic, payload, qos=1, retain=True) for topic, payload in messages)
            await asyncio.gather(*sent)

        await publish((TOPICS.status(_host(number)), b"online") for number in range(HOSTS))
        for tick in range(ticks):
            for number in range(HOSTS):
                await publish(_messages(number, tick, start + tick * INTERVAL))


async def _idle(pid: int) -> None:
    """Wait until the service has nothing to do."""
    before = -1.0
    while (spent := processor_seconds(pid)) - before > 0.2:
        before = spent
        await asyncio.sleep(3)


def _take(watch: Watch, messages: list[tuple[str, bytes]], now: float) -> float:
    """Returns the seconds of CPU time that it took."""
    began = time.process_time()
    for topic, payload in messages:
        watch.hear(topic, payload, True, now)
    return time.process_time() - began


def _publish(watch: Watch, now: float) -> int:
    count = sum(1 for host, rule in watch.changed if state(watch.engine, host, rule, now))
    if watch.changed:
        summary(watch.engine, now)
    watch.changed.clear()
    return count


def _host(number: int) -> str:
    return f"host-{number:04}"


def _messages(number: int, tick: int, now: float) -> list[tuple[str, bytes]]:
    """A host's readings of one tick, in the size that collectors publish; each is busy for some minutes."""
    busy = (tick + number) % 240 < 60
    head = {"timestamp": format_time(from_ms(round(now * 1000) + number % 1000))}
    readings = {
        "cpu": {
            **head,
            "usage_percent": 99.0 if busy else 20.0,
            "per_core": [20.0 + core for core in range(8)],
            **dict.fromkeys(("user", "system", "idle", "iowait", "irq", "softirq", "steal"), 5.0),
            "load_average": [0.5, 0.4, 0.3],
        },
        "memory": {
            **head,
            "usage_percent": 50.0 + number % 50,
            **{f"part_{place}_bytes": 1_000_000 * place for place in range(14)},
        },
        "memory_bandwidth": {**head, "pswpin_per_sec": 3000.0 if busy else 0.0, "pgfault_per_sec": 1e4},
        "disk": {
            **head,
            "partitions": {
                "/": {"usage_percent": 40 + tick / 1000, "total_bytes": 10**12, "free_bytes": 10**11},
                "/boot": {"usage_percent": 30, "total_bytes": 10**9, "free_bytes": 10**8},
            },
            "arrays": {"md0": {"level": "raid1", "state": "active", "disks": 2, "disks_active": 2}},
        },
        "sensors": {
            **head,
            "temperatures": {
                f"core_{core}": {"celsius": 50.0 + core, "high_celsius": 80.0, "critical_celsius": 100.0}
                for core in range(4)
            },
        },
        "systemd": {**head, "failed": 0, "units": {}},
    }
    return [(TOPICS.metric(_host(number), name), msgspec.json.encode(one)) for name, one in readings.items()]


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
