"""What so many sessions cost Mosquitto: connections that wait, and the readings of as many hosts over them.

    python -m benchmarks.bench_sessions [--sessions 100 1000 10000] [--seconds 15]

Each is a connection of a client id of its own, subscribed to what a collector follows. It publishes six
metrics each 5 s, QoS 1, retained, as `fleet` does over one connection. Nobody subscribes to the readings.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import mqtt5

from benchmarks.bench_scale import pid_of
from benchmarks.feed import METRICS, messages
from benchmarks.fleet import INTERVAL, MARK_MS
from benchmarks.process import processor_seconds, proportional_megabytes
from benchmarks.publish import MARK, packet
from benchmarks.table import print_table
from perfwatch.mqtt.packets import subscription
from perfwatch.readings import codec
from tests.servers import Mosquitto


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--seconds", type=int, default=15, help="how long each state is measured")
    chosen = parser.parse_args()
    print_table(
        f"Mosquitto, each state over {chosen.seconds} s",
        ("sessions", "MB", "% of a core", "messages/s", "MB", "% of a core"),
        [row(sessions, chosen.seconds) for sessions in chosen.sessions],
    )


def row(sessions: int, seconds: int) -> tuple[object, ...]:
    """Memory and share of a core: of sessions that wait, then while they publish."""
    feed = list(messages(sessions, 1, MARK_MS))
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder)) as broker, ExitStack() as stack:
        pid = pid_of(broker)
        wires = [stack.enter_context(session(broker.port, f"host{number}")) for number in range(sessions)]
        began, before = time.monotonic(), processor_seconds(pid)
        time.sleep(seconds)
        idle = 100 * (processor_seconds(pid) - before) / (time.monotonic() - began)
        waiting = proportional_megabytes(pid)
        began, before = time.monotonic(), processor_seconds(pid)
        sent = publish(wires, feed, seconds)
        passed = time.monotonic() - began
        busy = 100 * (processor_seconds(pid) - before) / passed
        return (sessions, waiting, idle, round(sent / passed), proportional_megabytes(pid), busy)


def session(port: int, host: str) -> closing[socket.socket]:
    """A connection that the broker has welcomed and subscribed, as a collector's."""
    wire = socket.create_connection(("127.0.0.1", port))
    topics = [f"perfwatch/{host}/{word}" for word in ("config/set", "watch", "status", "info")]
    wire.sendall(mqtt5.ConnectPacket(host).write())
    assert wire.recv(100)[:1] == b"\x20"
    wire.sendall(subscription(1, [*topics, "homeassistant/status"], 1, as_published=False))
    assert wire.recv(100)[:1] == b"\x90"
    return closing(wire)


def publish(wires: list[socket.socket], feed: list[tuple[str, str]], seconds: int) -> int:
    """Each host's ticks at its own moment of the interval; returns how many messages."""
    began, count = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        due = int(passed / INTERVAL * len(wires))
        for number in range(count, due):
            at = number % len(wires)
            tick = feed[at * len(METRICS) : (at + 1) * len(METRICS)]
            send(wires[at], tick, number)
        count = max(count, due)
        time.sleep(0.002)
    return count * len(METRICS)


def send(wire: socket.socket, tick: list[tuple[str, str]], number: int) -> None:
    stamp, first = codec.format_time(codec.now()), number * len(METRICS)
    parts = (
        packet(topic, payload.replace(MARK, stamp), first + at, retain=True)
        for at, (topic, payload) in enumerate(tick)
    )
    with suppress(BlockingIOError):
        wire.recv(65536, socket.MSG_DONTWAIT)  # PUBACKs of its last tick
    wire.sendall(b"".join(parts))


if __name__ == "__main__":
    main()
