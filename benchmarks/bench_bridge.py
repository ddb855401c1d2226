"""The bridge: messages and points a second, latency, memory, and where the time goes.

    python -m benchmarks.bench_bridge [--messages 60000] [--rounds 3] [--steady 10] [--memory 500000]

The readings of 20 hosts, then of 500, wait in Mosquitto for clients that are away; then each takes them in
turn, so that nothing else runs meanwhile, and all of it again in every round: mosquitto_sub writing to
nothing, one bridge with a store that costs nothing, one with SQLite and one with each server that is
installed, whose series it has seen before. A server is also sent the same points as lines made beforehand:
what it takes at most.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import bridge_rates as rates
from benchmarks.bridge_steps import steps
from benchmarks.bridge_stores import Free, prepared, send, servers
from benchmarks.feed import begin_session, mosquitto_sub
from benchmarks.table import print_table
from bridge.app import RECEIVE_MAX, Bridge, collect_rarely
from bridge.session import MqttSession
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.history.store import HistoryStore
from perfwatch.settings import Settings
from tests.servers import OPEN_BROKER, Mosquitto

QUEUEING = f"{OPEN_BROKER}\nset_tcp_nodelay true\n"

PREPARED = "prepared lines into "

# A large home, whose every tick has the series of the one before; and so many that most series are new.
HOSTS = (20, 500)

# How far the feed of the memory run may be ahead of the history: what waits in the broker has an end.
AHEAD = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=60_000, help="how many each client takes")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the median is shown")
    parser.add_argument("--memory", type=int, default=500_000, help="messages of the memory run; 0: none")
    parser.add_argument("--steady", type=int, default=10, help="seconds of each run at a rate; 0: none")
    chosen = parser.parse_args()
    collect_rarely()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder, QUEUEING))
        if chosen.rounds:
            for hosts in HOSTS:
                throughput(broker, folder / str(hosts), hosts, chosen.messages, chosen.rounds)
            print_table("Where the time goes, best of five", ("step", "µs a message"), steps())
        if chosen.steady:
            rates.show(broker, chosen.steady)
        if chosen.memory:
            memory(broker, folder, chosen.memory)


def throughput(broker: Mosquitto, folder: Path, hosts: int, count: int, rounds: int) -> None:
    folder.mkdir()
    with ExitStack() as stack:
        found = {name: stack.enter_context(server) for name, server in servers(folder).items()}
        sqlite = stack.enter_context(SqliteStore(folder / "history.db"))
        stores: dict[str, HistoryStore] = {
            "a store that costs nothing": Free(folder),
            "SQLite": sqlite,
            **{name: server.store for name, server in found.items()},
        }
        results: dict[str, list[tuple[float, float, float]]] = {}
        for turn in range(rounds + 1):
            # The first turn is a short one: it makes the stores' lists of series.
            size = count if turn else 3000
            for one in ("sub", *(client_id(broker, bridge_id(name, hosts)) for name in stores)):
                begin_session(broker.port, one)
            publish(broker, size, hosts)
            taken = {"mosquitto_sub > /dev/null": by_mosquitto(broker, size)}
            for name, store in stores.items():
                taken[f"bridge, {name}"] = by_bridge(broker, store, bridge_id(name, hosts), size)
            for name, server in found.items():
                taken[PREPARED + name] = send(server.bare, prepared(size, hosts), size)
            for name, numbers in taken.items() if turn else ():
                results.setdefault(name, []).append(numbers)
    show(results, hosts, count, rounds)


def show(results: dict[str, list[tuple[float, float, float]]], hosts: int, count: int, rounds: int) -> None:
    rows = [(name, *map(median, zip(*turns, strict=True))) for name, turns in results.items()]
    bare = {name.removeprefix(PREPARED): speed for name, speed, _, _ in rows if name.startswith(PREPARED)}
    print_table(
        f"From Mosquitto to a stored point: {count} messages of {hosts} hosts, median of {rounds},"
        f" load {os.getloadavg()[0]:.1f}",
        ("client", "messages/s", "of mosquitto_sub", "of prepared lines", "points/s", "CPU µs/message"),
        [
            (
                name,
                round(speed),
                share(speed, rows[0][1]),
                share(speed, bare.get(name.removeprefix("bridge, "))),
                round(points),
                cpu,
            )
            for name, speed, points, cpu in rows
        ],
    )


def share(speed: float, of: float | None) -> str:
    return f"{100 * speed / of:.0f} %" if of else ""


def bridge_id(store: str, hosts: int) -> str:
    return "".join(filter(str.isalnum, store)) + str(hosts)


def client_id(broker: Mosquitto, bridge: str) -> str:
    """Under which the bridge called so will connect."""
    return MqttSession(broker.folder / "secrets" / f"session_{bridge}.json", bridge).client_id


def by_mosquitto(broker: Mosquitto, count: int) -> tuple[float, float, float]:
    """Messages and points a second, and CPU µs a message."""
    began, before = time.perf_counter(), os.times()
    command = mosquitto_sub(broker.port, "sub", count, RECEIVE_MAX)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    passed, after = time.perf_counter() - began, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return count / passed, 0.0, used / count * 1e6


def by_bridge(broker: Mosquitto, store: HistoryStore, name: str, count: int) -> tuple[float, float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    bridge = asyncio.run(bridge_until(broker, store, name, count))
    passed, used = time.perf_counter() - began, time.process_time() - cpu
    return count / passed, bridge.counters.points / passed, used / count * 1e6


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


def publish(broker: Mosquitto, count: int, hosts: int) -> None:
    command = [sys.executable, "-m", "benchmarks.publish", str(broker.port), str(count), "0", str(hosts)]
    subprocess.run(command, check=True)


def memory(broker: Mosquitto, folder: Path, count: int) -> None:
    """The feed waits for the history, so the broker's queue stays short, however long this takes."""
    step, seen, led, began = min(1_000_000, count // 10), dict[int, float](), 0, time.monotonic()
    begin_session(broker.port, client_id(broker, "memory"))
    command = [sys.executable, "-m", "benchmarks.publish", str(broker.port), str(count), "led"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as feed:
        assert feed.stdin is not None
        leading = feed.stdin

        def watch(written: int) -> None:
            nonlocal led
            while led < min(count, written + AHEAD):
                leading.write(b".")
                led += 1000
            leading.flush()
            if written // step * step not in seen:
                seen[written // step * step] = resident_megabytes()
                print(f"    {written:,} messages: {resident_megabytes():.1f} MB", file=sys.stderr, flush=True)

        asyncio.run(bridge_until(broker, Free(folder), "memory", count, watch))
    print_table(
        f"Memory of this process over {count:,} messages, {time.monotonic() - began:.0f} s",
        ("messages", "MB resident"),
        [(f"{reached:,}", size) for reached, size in sorted(seen.items())],
    )


def resident_megabytes() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
