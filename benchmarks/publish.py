"""Publishes the feed as fast as the broker takes it, or at a steady rate.

    python -m benchmarks.publish PORT COUNT [RATE | led [HOSTS]]

One connection, QoS 1, at most a thousand messages ahead of the broker's acknowledgements. The time of
each message is the moment at which it is sent. When it is led, each byte on standard input lets it send
another thousand. Without a rate the feed is that of HOSTS (500), again and again.
"""

from __future__ import annotations

import socket
import sys
import time
from itertools import islice

from benchmarks.feed import METRICS, messages
from perfwatch.readings import codec

_CONNECT = b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03pub"
_AHEAD = 1000
# Within what clocks may differ by: the hours of older readings would be noted as late ones.
BEGIN = (int(time.time()) - 120) * 1000
MARK = "2000-01-01T00:00:00.000Z"


def publish(port: int, count: int, rate: float = 0.0, led: bool = False, hosts: int = 500) -> None:
    # At a rate as many hosts as send that much, each 5 s.
    feed = list(islice(messages(hosts, 1, 946_684_800_000), int(5 * rate) or hosts * len(METRICS)))
    with connected(port) as wire:
        _send_all(wire, feed, count, rate, led)


def connected(port: int) -> socket.socket:
    """A connection that the broker has welcomed."""
    wire = socket.create_connection(("127.0.0.1", port))
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.sendall(_CONNECT)
    answer = wire.recv(100)
    if answer[:1] != b"\x20":
        raise SystemExit(f"the broker answered {answer!r}")
    return wire


def _send_all(wire: socket.socket, feed: list[tuple[str, str]], count: int, rate: float, led: bool) -> None:
    sent, answered, led_to, began = 0, 0, 0, time.monotonic()
    while answered < count:
        if led and sent == led_to:
            sys.stdin.buffer.read(1)
            led_to += _AHEAD
        allowed = min(count, answered + _AHEAD, led_to if led else count)
        if rate:
            allowed = min(allowed, int((time.monotonic() - began) * rate) + 1)
        now = codec.format_time(codec.now())
        if rate and sent == allowed:
            time.sleep(0.001)
        wire.sendall(
            b"".join(
                packet(topic, text.replace(MARK, now if rate else moment(at // len(feed))), at)
                for at in range(sent, allowed)
                for topic, text in (feed[at % len(feed)],)
            )
        )
        sent = max(sent, allowed)
        if answered < sent:
            answered += answers(wire)


def moment(tick: int) -> str:
    """For a feed at full speed a time of its own for every tick: each point is another one."""
    return codec.format_time(codec.from_ms(BEGIN + tick * 1000))


def answers(wire: socket.socket) -> int:
    """How many PUBACKs have come: Mosquitto sends four bytes each, five when nobody subscribes."""
    content = wire.recv(65536)
    count = 0
    while content:
        while len(content) < 2 or len(content) < 2 + content[1]:
            content += wire.recv(100)
        content = content[2 + content[1] :]
        count += 1
    return count


def packet(topic: str, payload: str, number: int, retain: bool = False) -> bytes:
    """An MQTT 5 PUBLISH of QoS 1."""
    name, content = topic.encode(), payload.encode()
    body = len(name).to_bytes(2, "big") + name + (number % 65535 + 1).to_bytes(2, "big") + b"\0" + content
    length, left = b"", len(body)
    while left >= 128:
        length += bytes([left % 128 | 0x80])
        left //= 128
    return (b"\x33" if retain else b"\x32") + length + bytes([left]) + body


if __name__ == "__main__":
    chosen = sys.argv[3] if len(sys.argv) > 3 else "0"
    led = chosen == "led"
    hosts = int(sys.argv[4]) if len(sys.argv) > 4 else 500
    publish(int(sys.argv[1]), int(sys.argv[2]), 0.0 if led else float(chosen), led, hosts)
