"""Every message of a device is in the history as one reading, whatever was killed on its way."""

from __future__ import annotations

import json
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path

from perfwatch.history.store import HistoryStore, Series
from tests.bridge.publisher import START_MS, publisher
from tests.bridge.running import Process, bridge_process, history
from tests.devices.running import running
from tests.faults.conftest import Report
from tests.faults.field import BROKER, Outcome
from tests.servers import Mosquitto, wait_until

READING = Series("zigbee", "kitchen", "", "", "temperature_celsius")
PART = 60


class Thermometer:
    """A device that numbers its messages, and what became of them."""

    def __init__(self, broker: Mosquitto, bridge: Process) -> None:
        self._broker = broker
        self._history = bridge.history
        self.sent = 0

    def send(self) -> None:
        """Return once the broker has them all."""
        with publisher(self._broker) as device:
            for number in range(self.sent, self.sent + PART):
                told = {"temperature": number, "last_seen": START_MS + number * 1000}
                device.publish("zigbee2mqtt/kitchen", json.dumps(told).encode())
        self.sent += PART

    def settled(self) -> Outcome:
        """Once all of them are in the history, or nothing more comes."""
        with history(self._history) as store:
            with suppress(AssertionError):  # what is lost is counted
                wait_until(lambda: len(set(stored(store))) == self.sent, "every message is a reading")
            there = Counter(stored(store))
        lost = set(range(self.sent)) - there.keys()
        return Outcome(self.sent, len(there), len(lost), sum(there.values()) - len(there))


def stored(store: HistoryStore) -> list[int]:
    found = store.query([READING], START_MS - 10**9, START_MS + 10**9, 1)[READING]
    return [round(bucket.mean) for bucket in found]


def test_devices_bridge_and_broker_are_killed_in_turn(tmp_path: Path, report: Report) -> None:
    with (
        Mosquitto(tmp_path, BROKER.format(folder=tmp_path)) as broker,
        bridge_process(tmp_path, broker) as bridge,
        running(tmp_path, broker, "zigbee2mqtt") as devices,
    ):
        bridge.wait_for("connected to")
        one = Thermometer(broker, bridge)
        for part in (devices, bridge, devices):
            one.send()
            part.end(signal.SIGKILL)
            one.send()
            part.start()
        # A broker that is killed forgets what it did not save: here, what both had got by then.
        assert one.settled().lost == 0
        broker.save()
        broker.kill()
        broker.start()
        one.send()
        report("SIGKILL of devices, bridge, devices and broker in turn", one.settled())
