"""The bridge as a process, killed and stopped in every way, between a real broker and a real store."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.publisher import Publisher, payload, publisher
from tests.bridge.running import LASTING_BROKER, Process, bridge_process, history, numbers
from tests.influx_proxy import InfluxProxy
from tests.influxdb_2_7_12 import InfluxDB2712
from tests.servers import Mosquitto, free_port, wait_until

# What a service has to end after SIGTERM, whatever its peers do.
END_SECONDS = 8.0


def wait_for_numbers(bridge: Process, expected: range) -> None:
    """Return once the history has exactly these; a reading too few or twice never becomes right."""
    with history(bridge.history) as store:
        wait_until(lambda: len(numbers(store)) >= len(expected), f"{len(expected)} readings stored")
        assert numbers(store) == list(expected)


def wait_for_more(bridge: Process, count: int) -> None:
    """Return once the history has that many readings more than now."""
    with history(bridge.history) as store:
        goal = len(numbers(store)) + count
        wait_until(lambda: len(numbers(store)) >= goal, f"{goal} readings stored")


def test_readings_arrive_in_the_history(tmp_path: Path, broker: Mosquitto) -> None:
    with bridge_process(tmp_path, broker) as bridge, publisher(broker) as collector:
        bridge.wait_for("connected")
        collector.numbered(range(100))
        wait_for_numbers(bridge, range(100))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order_with_what_it_received_stored(
    tmp_path: Path, broker: Mosquitto, number: signal.Signals
) -> None:
    with bridge_process(tmp_path, broker) as bridge, publisher(broker) as collector:
        bridge.wait_for("connected")
        collector.numbered(range(20))
        wait_for_numbers(bridge, range(20))
        assert bridge.end(number) == 0
        assert "stopped; 20 readings written, 0 rejected" in bridge.log.read_text()


def test_killed_again_and_again_it_loses_and_doubles_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    sent, enough = 0, threading.Event()

    def send(collector: Publisher) -> None:
        nonlocal sent
        while not enough.is_set():
            collector.numbered(range(sent, sent + 20))
            sent += 20

    with bridge_process(tmp_path, broker) as bridge, publisher(broker) as collector:
        bridge.wait_for("connected")
        sending = threading.Thread(target=send, args=[collector])
        sending.start()
        try:
            for round_ in range(3):
                wait_for_more(bridge, 300)
                assert bridge.end(signal.SIGKILL) == -signal.SIGKILL
                bridge.start()
                bridge.wait_for("it kept our session", round_ + 1)
        finally:
            enough.set()
            sending.join()
        wait_for_numbers(bridge, range(sent))


def test_what_comes_while_it_is_away_is_stored_when_it_is_back(tmp_path: Path, broker: Mosquitto) -> None:
    with bridge_process(tmp_path, broker) as bridge, publisher(broker) as collector:
        bridge.wait_for("connected")
        assert bridge.end(signal.SIGTERM) == 0
        collector.numbered(range(5000))
        bridge.start()
        wait_for_numbers(bridge, range(5000))


def test_it_waits_for_a_broker_that_is_not_there_yet(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, LASTING_BROKER.format(folder=tmp_path), free_port())
    with bridge_process(tmp_path, broker) as bridge:
        bridge.wait_for("cannot be reached")
        with broker, publisher(broker) as collector:
            bridge.wait_for("connected")
            collector.numbered(range(3))
            wait_for_numbers(bridge, range(3))


def test_it_comes_back_to_a_restarted_broker_and_says_each_once(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, LASTING_BROKER.format(folder=tmp_path)) as broker:
        with bridge_process(tmp_path, broker) as bridge:
            bridge.wait_for("connected")
            with publisher(broker) as collector:
                collector.numbered(range(50))
            broker.stop()
            bridge.wait_for("lost the broker")
            broker.start()
            bridge.wait_for("it kept our session")
            with publisher(broker) as collector:
                collector.numbered(range(50, 100))
            wait_for_numbers(bridge, range(100))
        assert bridge.log.read_text().count("lost the broker") == 1


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server


def ends_soon(bridge: Process) -> int:
    """Within the time that a service has, and with which exit code."""
    began = time.monotonic()
    code = bridge.end(signal.SIGTERM)
    assert time.monotonic() - began < END_SECONDS
    return code


def test_it_ends_soon_though_the_store_never_answers(
    tmp_path: Path, broker: Mosquitto, silent: socket.socket
) -> None:
    history = f"influxdb://127.0.0.1:{silent.getsockname()[1]}/test"
    with (
        bridge_process(tmp_path, broker, history) as bridge,
        publisher(broker) as collector,
    ):
        bridge.wait_for("connected")
        collector.numbered(range(3))
        assert ends_soon(bridge) == 0
        assert "stopped; 0 readings written" in bridge.log.read_text()


def test_it_ends_soon_though_the_broker_never_answers(tmp_path: Path, broker: Mosquitto) -> None:
    with bridge_process(tmp_path, broker) as bridge:
        bridge.wait_for("connected")
        with broker.frozen():
            assert ends_soon(bridge) == 0


def test_it_ends_soon_though_it_waits_for_a_broker_that_never_answers(
    tmp_path: Path, silent: socket.socket
) -> None:
    broker = Mosquitto(tmp_path, port=silent.getsockname()[1])
    with bridge_process(tmp_path, broker) as bridge, silent.accept()[0]:
        assert ends_soon(bridge) == 0


HANGING_STORE = """
class Hanging(SqliteStore):
    def close(self): time.sleep(3600)
"""

HANGING_DISK = """
class Hanging(SqliteStore):
    def write(self, points): raise StoreError("of this test")
def hangs(spool, points, readings):
    with spool._lock: print("hangs", file=sys.stderr, flush=True), time.sleep(3600)
Spool.append = hangs
bridge.app.STATS_SECONDS = 0.05
"""

RUN = """
import os, pathlib, sys, time
import bridge.app
from bridge.spool import Spool
from perfwatch.errors import StoreError
from perfwatch.history.sqlite.store import SqliteStore
from perfwatch.setting_sources import load
{part}
bridge.app.open_store = lambda _: Hanging(pathlib.Path(os.environ["PERFWATCH_DATA_DIR"], "history.db"))
bridge.app.run(load(os.environ))
"""


@pytest.mark.parametrize("part", [HANGING_STORE, HANGING_DISK])
def test_it_ends_soon_though_something_hangs_for_good(tmp_path: Path, broker: Mosquitto, part: str) -> None:
    with bridge_process(tmp_path, broker) as bridge, publisher(broker) as collector:
        bridge.end(signal.SIGKILL)
        bridge.command = [sys.executable, "-c", RUN.format(part=part)]
        collector.publish("perfwatch/nas/cpu", payload(1), retain=True)
        bridge.start()
        if part == HANGING_DISK:
            bridge.wait_for("hangs")
        else:
            wait_until((tmp_path / "data" / "spool" / "test" / "lock").exists, "it has begun")
        assert ends_soon(bridge) == -signal.SIGALRM


ELSEWHERE = [
    (InfluxDB2712(own="work"), "the organisation 'work'"),
    (InfluxDB2712({"x/autogen": {"read", "write"}}, own="work"), "another organisation"),
]


@pytest.mark.parametrize(("double", "whose"), ELSEWHERE)
def test_a_token_of_another_organisation_ends_the_start_with_a_sentence(
    tmp_path: Path, broker: Mosquitto, double: InfluxDB2712, whose: str
) -> None:
    with InfluxProxy(0) as proxy:
        proxy.fault = double
        history = f"influxdb://token@127.0.0.1:{proxy.port}/x?org=home"
        with bridge_process(tmp_path, broker, history) as bridge:
            assert bridge.process is not None
            assert bridge.process.wait(60) == 1
    said = bridge.log.read_text()
    server = f"http://127.0.0.1:{proxy.port}"
    assert said.startswith(f"perfwatch: The token for InfluxDB at {server} is of {whose}, but")


def test_it_starts_and_keeps_what_it_receives_though_the_store_is_away(
    tmp_path: Path, broker: Mosquitto
) -> None:
    history = f"influxdb://token@127.0.0.1:{free_port()}/x?org=home"
    with bridge_process(tmp_path, broker, history) as bridge, publisher(broker) as collector:
        bridge.wait_for("connected")
        collector.numbered(range(3))
        bridge.wait_for("cannot be reached")
        assert ends_soon(bridge) == 0
    assert any((tmp_path / "data" / "spool" / "test").glob("*.journal"))


def test_a_history_that_cannot_be_is_a_sentence_and_a_failure(tmp_path: Path, broker: Mosquitto) -> None:
    with bridge_process(tmp_path, broker) as bridge:
        bridge.end(signal.SIGTERM)
        bridge.environ["PERFWATCH_HISTORY"] = "nowhere"
        bridge.start()
        assert bridge.process is not None
        assert bridge.process.wait(60) == 1
        assert (
            "perfwatch: PERFWATCH_HISTORY must be sqlite:///path or influxdb://host:8086/database"
            in bridge.log.read_text()
        )
