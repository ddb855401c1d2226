"""A collector as far as delivery goes: numbered readings at a steady rate, and a note of each that was taken.

    python -m tests.faults.collector BROKER HOST FIRST RATE RESEND NOTES

A number is noted once the broker has acknowledged it. After a lost connection, and when it starts
again, what was acknowledged in the last RESEND seconds is published again, as the outbox does. SIGTERM
ends it in order.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.bridge.publisher import payload

# What was published while paho was about to connect again may lie there: a new connection has it send all.
STUCK_SECONDS = 10.0


class Collector:
    def __init__(self, host: str, resend: float, ahead: int, notes: Path) -> None:
        self._topic = f"perfwatch/{host}/cpu"
        self._resend = resend
        self._path = notes
        self._notes = notes.open("a", buffering=1)
        self._flying: dict[int, int] = {}
        self._early: set[int] = set()
        self._recent: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()
        self._again = False
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, client_id=f"from-{host}")
        self.client.max_inflight_messages_set(ahead)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = self._taken
        self.client.on_connect = self._connected

    def publish(self, number: int) -> None:
        mid = self.client.publish(self._topic, payload(number), qos=1).mid
        with self._lock:
            early = mid in self._early
            self._early.discard(mid)
            if not early:
                self._flying[mid] = number
        if early:
            self._note(number)

    def noted(self) -> list[int]:
        """What earlier runs knew to be taken, once each; a last line that a kill cut off is left out."""
        return sorted({int(line) for line in self._path.read_text().split("\n")[:-1]})

    def unfinished(self) -> bool:
        with self._lock:
            return bool(self._flying)

    def _taken(self, _client: Any, _user: Any, mid: int, *_rest: Any) -> None:
        """Called in paho's thread, now and then before `publish` knows the message's id."""
        with self._lock:
            number = self._flying.pop(mid, None)
            if number is None:
                self._early.add(mid)
        if number is not None:
            self._note(number)

    def _note(self, number: int) -> None:
        self._notes.write(f"{number}\n")
        self._recent.append((time.monotonic(), number))

    def _connected(self, *_rest: Any) -> None:
        if not self._again:
            self._again = True
            return
        after = time.monotonic() - self._resend
        for number in {number: None for moment, number in list(self._recent) if moment > after}:
            self.publish(number)


def main(broker: str, host: str, first: int, rate: float, resend: float, ahead: int, notes: Path) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    collector = Collector(host, resend, ahead, notes)
    address, _, port = broker.partition(":")
    collector.client.connect_async(address, int(port), keepalive=5)
    collector.client.loop_start()
    for old in collector.noted()[-round(resend * rate) :] if resend else ():
        collector.publish(old)
    number, began = first, time.monotonic()
    while not stop.wait(0.01):
        while number - first < (time.monotonic() - began) * rate:
            collector.publish(number)
            number += 1
    again = time.monotonic() + STUCK_SECONDS
    while collector.unfinished():
        if time.monotonic() > again:
            collector.client.reconnect()
            again += STUCK_SECONDS
        time.sleep(0.02)
    collector.client.disconnect()
    collector.client.loop_stop()


if __name__ == "__main__":
    given = sys.argv[1:]
    main(given[0], given[1], int(given[2]), float(given[3]), float(given[4]), int(given[5]), Path(given[6]))
