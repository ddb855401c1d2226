"""The bridge: messages and points a second, latency, memory, and where the time goes.

    python -m benchmarks.bench_bridge [--messages 60000] [--memory 500000]

The readings of 500 hosts wait in Mosquitto for three clients that are away; then each takes them in
turn, so that nothing else runs meanwhile: mosquitto_sub writing to nothing, one bridge with a store that
costs nothing, one with SQLite, whose series it has seen before.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import mqtt5

from benchmarks.feed import begin_session, messages, mosquitto_sub
from benchmarks.publish import packet
from benchmarks.table import percentile, print_table
from bridge.app import Bridge
from bridge.batch import MESSAGES
from bridge.intake import take
from perfwatch import readings
from perfwatch.history.points import points
from perfwatch.history.sqlite import SqliteStore
from perfwatch.history.store import HistoryStore, Point
from perfwatch.settings import Settings
from perfwatch.topics import Topics
from tests.servers import OPEN_BROKER, Mosquitto

QUEUEING = f"{OPEN_BROKER}\nset_tcp_nodelay true\n"


class Free(SqliteStore):
    """A store that costs nothing: it counts. It is never opened."""

    def write(self, points: Iterable[Point]) -> int:
        return sum(len(point.fields) for point in points)


class Timed(SqliteStore):
    """Notes how old each reading is once it is stored, in milliseconds."""

    ages: list[float]

    def write(self, points: Iterable[Point]) -> int:
        taken = list(points)
        numbers = super().write(taken)
        now = time.time() * 1000
        seen = {(point.metric, point.host, point.time) for point in taken}
        self.ages += [now - moment for _, _, moment in seen]
        return numbers


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=60_000, help="how many each client takes")
    parser.add_argument("--memory", type=int, default=500_000, help="messages of the memory run; 0: none")
    parser.add_argument("--latency", type=int, default=10, help="seconds of the latency run")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder, QUEUEING))
        throughput(broker, folder, chosen.messages)
        shares()
        latency(broker, folder, chosen.latency)
        if chosen.memory:
            memory(broker, folder, chosen.memory)


def throughput(broker: Mosquitto, folder: Path, count: int) -> None:
    names = ("sub", "perfwatch-bridge-free", "perfwatch-bridge-sqlite")
    for name in names:
        begin_session(broker.port, name)
    with SqliteStore(folder / "history.db") as store:
        publish(broker, 3000)
        for name in names:  # what comes first makes the store's list of series
            taken(broker, name, store, 3000)
        publish(broker, count)
        rows = [
            taken(broker, name, kind, count)
            for name, kind in zip(names, (store, Free(folder), store), strict=True)
        ]
    first = rows[0][1]
    print_table(
        f"From Mosquitto to a stored point: {count} messages of 500 hosts",
        ("client", "messages/s", "of mosquitto_sub", "points/s", "CPU µs/message"),
        [
            (name, round(speed), f"{100 * speed / first:.0f} %", round(numbers), cpu)
            for name, speed, numbers, cpu in rows
        ],
    )


def taken(broker: Mosquitto, name: str, store: HistoryStore, count: int) -> tuple[str, float, float, float]:
    """Take what waits for that client; its name, messages and points a second, and CPU µs a message."""
    before, cpu = time.perf_counter(), time.process_time()
    if name == "sub":
        subprocess.run(mosquitto_sub(broker.port, name, count), check=True, stdout=subprocess.DEVNULL)
        return "mosquitto_sub > /dev/null", count / (time.perf_counter() - before), 0.0, 0.0
    bridge = asyncio.run(bridge_until(broker, store, name.rpartition("-")[2], count))
    passed = time.perf_counter() - before
    used = (time.process_time() - cpu) / count * 1e6
    kind = "a store that costs nothing" if isinstance(store, Free) else "SQLite"
    return f"bridge, {kind}", count / passed, bridge.counters.points / passed, used


async def bridge_until(
    broker: Mosquitto,
    store: HistoryStore,
    name: str,
    count: int,
    watch: Callable[[int], None] = lambda _: None,
) -> Bridge:
    """A bridge that has stored so many readings."""
    bridge = Bridge(Settings(broker=broker.url, bridge_id=name, data_dir=str(broker.folder)), store)
    running = asyncio.create_task(bridge.run())
    while bridge.counters.written < count:
        await asyncio.sleep(0.01)
        watch(bridge.counters.written)
    bridge.stop()
    await running
    return bridge


def publish(broker: Mosquitto, count: int) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.publish", str(broker.port), str(count)], check=True)


def shares() -> None:
    """Where the time goes, each step by itself."""
    feed = [(topic, text.encode()) for topic, text in islice(messages(500, 1, 1_735_689_600_000), 3000)]
    wire = [packet(topic, text.decode(), at) for at, (topic, text) in enumerate(feed)]
    decoded = [(topic.split("/"), readings.decode(topic, topic.split("/")[2], text)) for topic, text in feed]
    flat = [points(level[1], level[2], reading) for level, reading in decoded]
    batches = [[p for some in flat[at : at + MESSAGES] for p in some] for at in range(0, len(flat), MESSAGES)]
    topics, far = Topics(), 10**14
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder) / "history.db") as store:
        for batch in batches:
            store.write(batch)
        steps: list[tuple[str, Callable[[], object]]] = [
            ("MQTT packet in", lambda: [mqtt5.read(memoryview(one)) for one in wire]),
            ("topic and JSON, decode", lambda: [readings.decode(t, t.split("/")[2], p) for t, p in feed]),
            (
                "flatten to points",
                lambda: [points(level[1], level[2], reading) for level, reading in decoded],
            ),
            ("the three of intake together", lambda: [take(topics, t, p, far) for t, p in feed]),
            ("SQLite, known series", lambda: [store.write(batch) for batch in batches]),
            ("PUBACK out", lambda: [mqtt5.PubAckPacket(at + 1).write() for at in range(len(feed))]),
        ]
        rows = [(name, min(timed(step) for _ in range(5)) / len(feed) * 1e6) for name, step in steps]
    print_table("Where the time goes, best of five", ("step", "µs a message"), rows)


def timed(step: Callable[[], object]) -> float:
    before = time.perf_counter()
    step()
    return time.perf_counter() - before


def latency(broker: Mosquitto, folder: Path, seconds: int) -> None:
    count = 1000 * seconds
    begin_session(broker.port, "perfwatch-bridge-latency")
    with Timed(folder / "latency.db") as store:
        store.ages = []
        publish_at = [sys.executable, "-m", "benchmarks.publish", str(broker.port), str(count), "1000"]
        with subprocess.Popen(publish_at):
            asyncio.run(bridge_until(broker, store, "latency", count))
        ages = store.ages[count // 10 :]  # without the first, which make the list of series
    row = (len(ages), percentile(ages, 0.5), percentile(ages, 0.99), max(ages))
    print_table(
        "From a collector's clock to a commit in SQLite, 1,000 messages/s (a batch waits for 50 ms)",
        ("readings", "p50 ms", "p99 ms", "slowest ms"),
        [row],
    )


def memory(broker: Mosquitto, folder: Path, count: int) -> None:
    seen: dict[int, float] = {}

    def watch(written: int) -> None:
        seen.setdefault(written * 10 // count, resident_megabytes())

    begin_session(broker.port, "perfwatch-bridge-memory")
    with subprocess.Popen([sys.executable, "-m", "benchmarks.publish", str(broker.port), str(count)]):
        asyncio.run(bridge_until(broker, Free(folder), "memory", count, watch))
    print_table(
        f"Memory of this process over {count} messages",
        ("messages", "MB resident"),
        [(f"{tenth * count // 10:,}", size) for tenth, size in sorted(seen.items())],
    )


def resident_megabytes() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
