"""Alerts and devices are killed in the process that they share: nothing is lost, nothing is told twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from alerts.channels import Channel, Channels, channels_path
from perfwatch.history.store import HistoryStore, Series
from tests.alerts.receiver import receiver
from tests.bridge.running import history
from tests.faults.conftest import Report
from tests.faults.field import Outcome
from tests.servers import wait_until
from tests.stack import Stack

READING = Series("zigbee", "kitchen", "", "", "temperature_celsius")
PART = 200
RULES = f"""
[rules.hot]
kind = "threshold"
title = "hot"
metric = "zigbee"
field = "temperature_celsius"
at_least = {PART}
"""


class Thermometer:
    """A device that numbers its messages: from the second part on, it is hot."""

    def __init__(self, stack: Stack) -> None:
        url = f"{stack.credentials('zigbee2mqtt', '--writes', 'zigbee2mqtt/#')}/zigbee2mqtt/kitchen"
        self._command = ["mosquitto_pub", "-V", "5", "-q", "1", "-L", url]
        self.began = int(time.time() * 1000)
        self.sent: list[int] = []
        wait_until(lambda: not subprocess.run([*self._command, "-n"]).returncode, "the broker knows it")

    def sends(self, numbers: range) -> None:
        """Return once the broker has them all."""
        first = len(self.sent)
        lines = [
            json.dumps({"temperature": number, "last_seen": self.began + first + place})
            for place, number in enumerate(numbers)
        ]
        subprocess.run([*self._command, "-l"], input="\n".join(lines).encode(), check=True)
        self.sent += numbers

    def stored(self, store: HistoryStore) -> list[int]:
        buckets = store.query([READING], self.began, self.began + 10**7, 1).get(READING, [])
        return [round(bucket.mean) for bucket in buckets]


def test_the_process_that_alerts_and_devices_share_is_killed(tmp_path: Path, report: Report) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "alerts.toml").write_text(RULES)
    with (
        receiver() as server,
        Stack(tmp_path, "--devices", "zigbee2mqtt", alerts_every="0") as stack,
        history(f"sqlite://{data / 'history.db'}") as store,
    ):
        Channels(channels_path(data)).add("hook", Channel(server.url))
        log = data / "logs" / "alerts+devices.log"
        wait_until(lambda: log.read_text().count(": connected to") == 2, "both are connected")
        one = Thermometer(stack)
        one.sends(range(PART))
        shared = stack.children()["alerts"]
        assert stack.children()["devices"] == shared
        os.kill(shared, signal.SIGKILL)
        one.sends(range(PART, 2 * PART))
        wait_until(lambda: len(processes(stack) - {shared}) == 2, "each has a process of its own")
        wait_until(lambda: server.events == ["kitchen hot firing"], "it is told")
        one.sends(range(1))
        wait_until(lambda: len(server.events) > 1, "it is over")
        with suppress(AssertionError):  # what is lost is counted
            wait_until(lambda: len(one.stored(store)) == len(one.sent), "every message is a reading")
        there, sent = Counter(one.stored(store)), Counter(one.sent)
    assert server.events == ["kitchen hot firing", "kitchen hot over"]
    lost, doubled = (sent - there).total(), (there - sent).total()
    report("SIGKILL of alerts and devices at once", Outcome(sent.total(), there.total(), lost, doubled))


def processes(stack: Stack) -> set[int]:
    """In which alerts and devices run."""
    children = stack.children()
    return {children[name] for name in ("alerts", "devices") if name in children}
