"""Many viewers of many hosts, and one that never reads: from a published tick to a frame in a client's hands.

    python -m benchmarks.bench_viewers [--viewers 500] [--hosts 10] [--seconds 20]

Each host ticks at 1 s, through a real Mosquitto. The viewers are WebSocket clients in processes of their own,
so a machine of two cores is full with them: what the server itself takes is told beside.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import websockets
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.feed import METRICS, tick_of
from benchmarks.process import processor_seconds, resident_megabytes
from benchmarks.table import percentile, print_table
from tests.servers import Mosquitto
from tests.stack import Dashboard, log_in

_PROCESSES = 2
_SETTLING_SECONDS = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--viewers", type=int, default=500)
    parser.add_argument("--hosts", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder))
        limit = str(chosen.viewers + 10)
        dashboard = stack.enter_context(Dashboard(folder, broker.url, connections_per_address=limit))
        token = log_in(dashboard.url)
        stack.enter_context(Fleet(broker.port, chosen.hosts))
        rows = []
        for name, deaf in (("none", 0), ("one", 1)):
            with ExitStack() as rude:
                for _ in range(deaf):
                    rude.enter_context(never_reading(dashboard.port, token))
                rows.append((name, *watched(dashboard, token, chosen.viewers, chosen.seconds)))
        print_table(
            f"{chosen.viewers} viewers of {chosen.hosts} hosts at 1 s, over {chosen.seconds:g} s",
            ("never reads", "frames/s", "median ms", "p99 ms", "slowest ms", "% of a core, server", "MB"),
            rows,
        )


class Fleet:
    """Hosts that tick once a second, each at its own moment of it."""

    def __init__(self, port: int, count: int) -> None:
        self._names = [f"host{number}" for number in range(count)]
        self._chance = random.Random(4)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.connect("127.0.0.1", port)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick)

    def __enter__(self) -> Fleet:
        self._client.loop_start()
        for name in self._names:
            about = {"hostname": name, "interval": 1.0, "schema": 1, "sources": dict.fromkeys(METRICS)}
            self._client.publish(f"perfwatch/{name}/info", json.dumps(about), 1, True).wait_for_publish(5)
            self._client.publish(f"perfwatch/{name}/status", "online", 1, True).wait_for_publish(5)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _tick(self) -> None:
        due = time.monotonic()
        while not self._ended.is_set():
            for name in self._names:
                due += 1.0 / len(self._names)
                if self._ended.wait(max(0.0, due - time.monotonic())):
                    return
                for topic, payload in tick_of(name, time.time_ns() // 1_000_000, self._chance):
                    self._client.publish(topic, payload, retain=True)


def never_reading(port: int, token: str) -> socket.socket:
    """A viewer that takes nothing after its handshake, with as small a buffer as the kernel gives."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    deaf.connect(("127.0.0.1", port))
    handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    deaf.sendall(f"GET /api/ws/metrics?token={token} HTTP/1.1\r\nHost: x\r\n{handshake}{key}".encode())
    return deaf


def watched(dashboard: Dashboard, token: str, viewers: int, seconds: float) -> tuple[float, ...]:
    """Frames a second; their median, p99 and slowest in ms; CPU (%) and memory (MB) of the server."""
    assert dashboard.process is not None
    address = f"{dashboard.url.replace('http', 'ws')}/api/ws/metrics?token={token}"
    with ProcessPoolExecutor(_PROCESSES) as pool:
        share = viewers // _PROCESSES
        counted = [pool.submit(latencies, address, share, seconds) for _ in range(_PROCESSES)]
        time.sleep(_SETTLING_SECONDS + seconds / 4)
        before, began = processor_seconds(dashboard.process.pid), time.monotonic()
        time.sleep(seconds / 2)
        used = processor_seconds(dashboard.process.pid) - before
        cpu = 100 * used / (time.monotonic() - began)
        memory = resident_megabytes(dashboard.process.pid)
        found = [one for each in counted for one in each.result()]
    return len(found) / seconds, percentile(found, 0.5), percentile(found, 0.99), max(found), cpu, memory


def latencies(address: str, viewers: int, seconds: float) -> list[float]:
    """Milliseconds from a tick's time to its frame here, of that many viewers, once all have settled."""
    return asyncio.run(_latencies(address, viewers, seconds))


async def _latencies(address: str, viewers: int, seconds: float) -> list[float]:
    found: list[float] = []
    opened = [await websockets.connect(address, compression=None) for _ in range(viewers)]
    begin = time.time() + _SETTLING_SECONDS
    with suppress(TimeoutError):
        async with asyncio.timeout(_SETTLING_SECONDS + seconds):
            await asyncio.gather(*(_read(one, begin, found) for one in opened))
    if lost := sum(one.close_code is not None for one in opened):
        print(f"{lost} of {viewers} viewers were cut off: {opened[0].close_reason}")
    for one in opened:
        one.transport.abort()
    return found


async def _read(viewer: websockets.ClientConnection, begin: float, found: list[float]) -> None:
    with suppress(websockets.ConnectionClosed):
        async for frame in viewer:
            now = time.time()
            if now >= begin:
                moment = str(frame).partition('"timestamp":"')[2][:24]
                found.append(1000 * (now - datetime.fromisoformat(moment).timestamp()))


if __name__ == "__main__":
    main()
