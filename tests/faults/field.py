"""A broker, bridges and collectors as processes of their own, and what became of each reading."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from perfwatch.history.store import HistoryStore, Series
from tests.bridge.publisher import START_MS
from tests.bridge.running import Process, history
from tests.influx import Influxd, Named, database, new_database
from tests.influx_proxy import InfluxProxy
from tests.servers import Mosquitto, wait_until

HOSTS = ("nas", "pi", "office")
RATE = 150.0

# More than a collector has on the way at any time, but while the broker cannot be reached.
MARGIN = 5_000

# As shipped, but saved each second rather than each minute, so that a test can meet a save.
BROKER = """
persistence true
persistence_location {folder}/
autosave_interval 1
allow_anonymous true
max_queued_messages 0
max_queued_bytes 1073741824
max_inflight_messages 2000
set_tcp_nodelay true
"""


class Outcome(NamedTuple):
    """Readings: taken by the broker, in the history, missing there, and there more than once."""

    taken: int
    stored: int
    lost: int
    doubled: int


class NamedBroker(Mosquitto):
    """A broker that runs somewhere; `address` is host:port. It is not ours to start or to kill."""

    def __init__(self, folder: Path, address: str) -> None:
        host, _, port = address.rpartition(":")
        super().__init__(folder, port=int(port), host=host)

    def start(self) -> None:
        return

    def kill(self) -> None:
        return


class Field:
    """Three collectors and one bridge around a broker; more bridges may be added."""

    def __init__(self, folder: Path, resend: float, broker: Mosquitto | None, history: str) -> None:
        self.folder = folder
        self.broker = broker or Mosquitto(folder, BROKER.format(folder=folder))
        self.bridge = Process(folder, self.broker, history=history)
        self.bridges = [self.bridge]
        self.address = f"{self.broker.host}:{self.broker.port}"
        self.proxy: InfluxProxy | None = None
        self._resend = resend
        # HiveMQ takes 10 before it has acknowledged one. The real collector goes by what a broker says.
        self._ahead = 8 if broker else 1000
        self._collectors: dict[str, subprocess.Popen[bytes]] = {}
        self._first: dict[str, int] = {}

    def start(self) -> None:
        self.broker.start()
        for bridge in self.bridges:
            bridge.start()
        for bridge in self.bridges:
            bridge.wait_for("connected to")
        for host in HOSTS:
            self.start_collector(host)

    def start_collector(self, host: str) -> None:
        """Begin at a number that no earlier run of this host has come to, acknowledged or not."""
        first = max((number for name, number in self.taken() if name == host), default=-MARGIN) + MARGIN
        assert START_MS + 1000 * first < 1000 * time.time(), "they would be of tomorrow, and be rejected"
        self._first[host] = first
        numbers = (str(one) for one in (first, RATE, self._resend, self._ahead))
        given = [self.address, host, *numbers, str(self._notes(host))]
        command = [sys.executable, "-m", "tests.faults.collector", *given]
        self._collectors[host] = subprocess.Popen(command)

    def kill_collector(self, host: str) -> None:
        self._collectors[host].kill()
        self._collectors.pop(host).wait(60)

    def kill_all(self) -> None:
        for host in HOSTS:
            self.kill_collector(host)
        for bridge in self.bridges:
            bridge.end(signal.SIGKILL)
        self.broker.kill()

    def start_all(self) -> None:
        self.broker.start()
        for bridge in self.bridges:
            bridge.start()
        for host in HOSTS:
            self.start_collector(host)

    def flow(self, count: int = 300) -> None:
        """Return once the broker has taken that many readings more than now."""
        goal = len(self.taken()) + count
        wait_until(lambda: len(self.taken()) >= goal, f"{goal} readings are taken")

    def taken(self) -> set[tuple[str, int]]:
        return {
            (host, int(line))
            for host in HOSTS
            if self._notes(host).exists()
            for line in self._notes(host).read_text().split("\n")[:-1]
        }

    def settle(self, patience: float = 60.0) -> Outcome:
        """End the collectors in order, wait until nothing more comes, and count."""
        wait_until(self._begun, "every collector has a reading taken")
        for collector in self._collectors.values():
            collector.send_signal(signal.SIGTERM)
        for collector in self._collectors.values():
            if collector.wait(60):
                raise AssertionError("a collector failed")
        self._collectors.clear()
        taken = self.taken()
        with history(self.bridge.history) as store:
            # What is lost is counted by `outcome`; nothing here may take longer to arrive.
            with suppress(AssertionError):
                wait_until(
                    lambda: taken <= set(stored(store)), "every reading that was taken is stored", patience
                )
            return outcome(taken, store)

    def count(self) -> Outcome:
        """What became of the readings so far."""
        with history(self.bridge.history) as store:
            return outcome(self.taken(), store)

    def end(self) -> None:
        for collector in self._collectors.values():
            collector.kill()
            collector.wait(60)
        for bridge in self.bridges:
            if bridge.process is not None:
                bridge.end(signal.SIGKILL)
        self.broker.kill()

    def _begun(self) -> bool:
        """Whether each collector that runs publishes: only then has it sent again what it must."""
        newest = dict(sorted(self.taken()))
        return all(newest.get(host, -1) >= self._first[host] for host in self._collectors)

    def _notes(self, host: str) -> Path:
        return self.folder / f"{host}.taken"


@contextmanager
def field(
    folder: Path, resend: float = 0.0, broker: Mosquitto | None = None, history: str = ""
) -> Iterator[Field]:
    """`broker` is one that is not started yet. The history is SQLite in `folder` when none is named."""
    one = Field(folder, resend, broker, history)
    try:
        yield one
    finally:
        one.end()


@contextmanager
def on_influxdb(server: Influxd | Named, folder: Path, resend: float = 0.0) -> Iterator[Field]:
    """The history in a database of its own on `server`, which need not run yet, behind a proxy."""
    with InfluxProxy(server.upstream) as proxy, ExitStack() as stack:
        address = f"influxdb://127.0.0.1:{proxy.port}"
        if isinstance(server, Named):
            history = stack.enter_context(database(address, server.token, server.org))
        else:
            history = f"{address}/{new_database()}"
        one = stack.enter_context(field(folder, resend, history=history))
        one.proxy = proxy
        yield one
        proxy.fault, proxy.cut = None, ""


def kill_one_of_three(one: Field, second: Mosquitto, third: Mosquitto, group: str = "all") -> int:
    """Kill a member of a group, and start it again; how many readings waited for it while it was away.

    `second` and `third` are the brokers of the other two: those of a cluster, if it is not one alone.
    """
    one.bridges += [Process(one.folder, second, "test2"), Process(one.folder, third, "test3")]
    for bridge in one.bridges:
        bridge.environ["PERFWATCH_GROUP"] = group
    one.start()
    one.flow()
    killed = one.bridges[1]
    killed.end(signal.SIGKILL)
    one.flow(600)
    waiting = one.count().lost
    killed.start()
    return waiting


@contextmanager
def locked(one: Field) -> Iterator[None]:
    """The history's file is locked by another process's transaction."""
    path = Path(one.bridge.history.removeprefix("sqlite://"))
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def heard(broker: Mosquitto, topic: str) -> Iterator[list[bytes]]:
    """What comes on `topic` meanwhile."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    came: list[bytes] = []
    listening = threading.Event()
    client.on_message = lambda _client, _user, message: came.append(bytes(message.payload))
    client.on_subscribe = lambda *_rest: listening.set()
    client.connect(broker.host, broker.port)
    client.subscribe(topic, qos=1)
    client.loop_start()
    try:
        assert listening.wait(60)
        yield came
    finally:
        client.disconnect()
        client.loop_stop()


def stored(store: HistoryStore) -> list[tuple[str, int]]:
    """Host and number of every reading in the history; wrong ones are not passed over."""
    series = [Series("cpu", host, "", "", "user") for host in HOSTS]
    found = store.query(series, START_MS - 10**9, START_MS + 10**9, 1)
    return [(one.host, round(bucket.mean)) for one in series for bucket in found[one]]


def outcome(taken: set[tuple[str, int]], store: HistoryStore) -> Outcome:
    there = Counter(stored(store))
    doubled = sum(times - 1 for times in there.values())
    return Outcome(len(taken), len(there), len(taken - there.keys()), doubled)
