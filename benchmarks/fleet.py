"""Many collectors' worth of readings over one connection, each host at its own moment of the interval.

    python -m benchmarks.fleet PORT HOSTS SECONDS

Every host is introduced, then publishes six metrics each 5 s: QoS 1, retained, the six in one write,
as a collector does. Prints how many messages it published, and in how many seconds.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections.abc import Iterator

from benchmarks.feed import METRICS, messages
from benchmarks.publish import MARK, answers, connected, packet
from perfwatch.readings import codec

INTERVAL = 5.0
MARK_MS = 946_684_800_000
# So many ticks of each host in turn: no number stays as it was.
_TICKS = 3
_ROOMS, _ROLES = ("attic", "cellar", "office", "rack1", "rack2"), ("nas", "pi", "vm", "web")


def publish(port: int, hosts: int, seconds: float) -> None:
    feed = [message for tick in range(_TICKS) for message in messages(hosts, 1, MARK_MS, tick)]
    ticks = [feed[at : at + len(METRICS)] for at in range(0, len(feed), len(METRICS))]
    with connected(port) as wire:
        for number, tick in enumerate(ticks[:hosts]):
            _send(wire, list(_introduction(tick[0][0].split("/")[1], number)), number)
        began = time.monotonic()
        count = 0
        while (passed := time.monotonic() - began) < seconds:
            due = int(passed / INTERVAL * hosts)
            for number in range(count, due):
                _send(wire, ticks[number % len(ticks)], number)
            count = max(count, due)
            time.sleep(0.002)
        print(count * len(METRICS), time.monotonic() - began)


def _introduction(host: str, number: int) -> Iterator[tuple[str, str]]:
    told = {"hostname": host, "os": "Debian", "kernel": "6", "version": "1", "interval": INTERVAL}
    told["tags"] = {"room": _ROOMS[number % len(_ROOMS)], "role": _ROLES[number % len(_ROLES)]}
    yield f"perfwatch/{host}/info", json.dumps(told | {"sources": dict.fromkeys(METRICS)})
    yield f"perfwatch/{host}/status", "online"


def _send(wire: socket.socket, tick: list[tuple[str, str]], number: int) -> None:
    stamp = codec.format_time(codec.now())
    first = number * len(METRICS)
    wire.sendall(
        b"".join(
            packet(topic, payload.replace(MARK, stamp), first + at, retain=True)
            for at, (topic, payload) in enumerate(tick)
        )
    )
    while select.select([wire], [], [], 0)[0]:
        answers(wire)


if __name__ == "__main__":
    publish(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
