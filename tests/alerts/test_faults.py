"""The service as a process that is killed, beside its broker and its channel: each change is told once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.channels import Channel, Channels, channels_path
from perfwatch.readings.codec import now
from tests.alerts.instance import RULES, reading
from tests.alerts.receiver import receiver
from tests.bridge.publisher import publisher
from tests.servers import Mosquitto, client, wait_until
from tests.stack import Service

# The lease of those who lead lapses after 30 s: here after 3, in a process like any other.
PROGRAM = """
from perfwatch.mqtt import lease
lease.EXPIRY_SECONDS, lease.RENEW_SECONDS, lease.SETTLE_SECONDS = 3, 1, 0.1
from alerts import app
app.GATHER_SECONDS = 0.1
from alerts.__main__ import main
main()
"""
FIRED, OVER = "nas cpu firing", "nas cpu over"


class Watcher(Service):
    """An alerts service with a data folder of its own, which tells `url`."""

    def __init__(self, folder: Path, broker: Mosquitto, url: str) -> None:
        super().__init__(["alerts"], folder, broker=broker.url, data_dir=str(folder), alerts_every="0")
        self.command = [sys.executable, "-P", "-c", PROGRAM]
        self.folder = folder
        (folder / "alerts.toml").write_text(RULES)
        Channels(channels_path(folder)).add("hook", Channel(url))

    def instance(self) -> str:
        """By what name the others know it."""
        return (self.folder / "alerts" / "instance").read_text()

    def kill(self) -> None:
        self.end(signal.SIGKILL)


class House:
    """A broker, and what it holds of the lease."""

    def __init__(self, broker: Mosquitto) -> None:
        self.broker = broker

    def reads(self, usage: float) -> None:
        with publisher(self.broker) as publishing:
            reading(publishing, usage)

    def leads(self, watcher: Watcher) -> None:
        """Wait until it leads, and the broker knows that all which happened until now is told."""
        moment = now().timestamp()

        def held() -> bool:
            lease = json.loads(self._lease() or b"{}")
            return bool(lease) and lease["instance"] == watcher.instance() and lease["settled"] > moment

        wait_until(held, "it leads, and has told")

    def _lease(self) -> bytes:
        asked = client(
            "mosquitto_sub", self.broker.port, "-t", "perfwatch-alerts/lease", "-C", "1", "-W", "1"
        )
        return subprocess.run(asked, capture_output=True, check=False).stdout


@pytest.fixture
def house(broker: Mosquitto) -> House:
    return House(broker)


@contextmanager
def watcher(house: House, name: str, url: str) -> Iterator[Watcher]:
    folder = house.broker.folder / name
    folder.mkdir()
    with Watcher(folder, house.broker, url) as started:
        wait_until(lambda: "connected to" in started.output(), "it is connected")
        yield started


def test_when_the_one_that_leads_is_killed_another_goes_on(house: House) -> None:
    with receiver() as server, watcher(house, "first", server.url) as first:
        house.leads(first)
        with watcher(house, "second", server.url) as second:
            house.reads(97)
            wait_until(lambda: server.events == [FIRED], "it is told")
            house.leads(first)
            first.kill()
            house.leads(second)
            house.reads(10)
            wait_until(lambda: len(server.events) > 1, "it is over")
            house.leads(second)
            first.start()  # which knows of one that fires
            house.reads(97)
            wait_until(lambda: len(server.events) > 2, "it fires again")
            house.leads(second)
    assert server.events == [FIRED, OVER, FIRED]


def test_service_broker_and_channel_are_killed_in_turn(house: House) -> None:
    with receiver() as server, watcher(house, "only", server.url) as only:
        house.reads(97)
        wait_until(lambda: server.events == [FIRED], "it is told")
        house.leads(only)
        only.kill()
        house.reads(10)
        only.start()
        wait_until(lambda: len(server.events) > 1, "it is over")
        house.broker.kill()
        house.broker.start()
        house.reads(97)
        wait_until(lambda: len(server.events) > 2, "it fires again")
        port = server.server_port
        server.shutdown()
        server.server_close()
        house.reads(10)
        wait_until(lambda: "cannot be reached" in only.output(), "nobody takes it")
        with receiver(port) as again:
            wait_until(lambda: bool(again.events), "it is over again")
            house.leads(only)
    assert (server.events, again.events) == ([FIRED, OVER, FIRED], [OVER])
