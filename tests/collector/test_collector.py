"""`python -m collector` as its users run it: a process of its own, against a real broker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.collector.listener import Listener, retained
from tests.collector.running import METRICS, MORE, Collector, readings
from tests.faults.real import RealCollector
from tests.servers import Mosquitto, client, free_port, wait_until

LAST = METRICS[-1]
ON_REQUEST = "cpu_cores"


def test_every_tick_brings_all_metrics_with_one_timestamp(broker: Mosquitto, tmp_path: Path) -> None:
    with Listener(broker.port) as listener, Collector(tmp_path, broker.url):
        wait_until(lambda: len(readings(listener, LAST)) >= 3, "three ticks")
    together = defaultdict(set)
    for metric in METRICS:
        for reading in readings(listener, metric)[:3]:
            together[reading["timestamp"]].add(metric)
    assert list(together.values()) == [set(METRICS)] * 3
    for message in listener.heard:
        if message.topic.rpartition("/")[2] in METRICS + MORE:
            assert (message.qos, message.retained, message.expiry is not None) == (1, True, True)


def test_the_first_tick_is_null_where_it_must_be_and_the_second_is_not(
    broker: Mosquitto, tmp_path: Path
) -> None:
    with Listener(broker.port) as listener, Collector(tmp_path, broker.url):
        wait_until(lambda: len(readings(listener, LAST)) >= 2, "two ticks")
    for metric, field in (("cpu", "usage_percent"), ("disk", "read_bytes_per_sec")):
        first, second = readings(listener, metric)[:2]
        assert first[field] is None
        assert second[field] is not None


def test_the_facts_name_the_machine_and_its_sources(broker: Mosquitto, tmp_path: Path) -> None:
    with Collector(tmp_path, broker.url):
        wait_until(lambda: retained(broker.port, "perfwatch/nas/info") is not None, "the facts")
    info = json.loads(retained(broker.port, "perfwatch/nas/info") or b"")
    assert set(info["sources"]) <= {*METRICS, *MORE, ON_REQUEST}
    assert info["sources"][ON_REQUEST] == "switched off"
    # perf may not be here, or not be allowed to count: then the facts say why.
    assert {name for name in METRICS if info["sources"][name]} <= {"perf_events"}
    assert (info["interval"], info["schema"]) == (0.5, 1)
    assert info["core_count"] == os.cpu_count()


def test_the_prefix_is_a_setting(broker: Mosquitto, tmp_path: Path) -> None:
    with Listener(broker.port) as listener, Collector(tmp_path, broker.url, "--topic-prefix", "home/watch"):
        listener.wait_for("home/watch/nas/status", b"online")


def test_its_first_line_says_what_it_does_and_no_password(broker: Mosquitto, tmp_path: Path) -> None:
    url = broker.url.replace("mqtt://", "mqtt://collector:hunter2@")
    with Collector(tmp_path, url) as collector:
        collector.wait_for_line(f"Host nas: {', '.join(METRICS + MORE)} every 500ms to {broker.url}\n")
        collector.wait_for_line(f"Connected to {broker.url}\n")
    assert "hunter2" not in collector.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(broker: Mosquitto, tmp_path: Path, number: signal.Signals) -> None:
    with Collector(tmp_path, broker.url) as collector:
        wait_until(lambda: retained(broker.port, "perfwatch/nas/status") == b"online", "online")
        assert collector.end(number) == 0
    assert retained(broker.port, "perfwatch/nas/status") == b"offline"
    assert "Traceback" not in collector.log


def test_the_broker_says_offline_for_one_that_was_killed(broker: Mosquitto, tmp_path: Path) -> None:
    with Collector(tmp_path, broker.url) as collector, Listener(broker.port) as listener:
        listener.wait_for("perfwatch/nas/status", b"online")
        collector.end(signal.SIGKILL)
        listener.wait_for("perfwatch/nas/status", b"offline")
    assert retained(broker.port, "perfwatch/nas/status") == b"offline"


def test_it_waits_for_a_broker_that_is_not_there_yet(tmp_path: Path) -> None:
    port = free_port()
    with Collector(tmp_path, f"mqtt://127.0.0.1:{port}") as collector:
        collector.wait_for_line("Cannot reach")
        with Mosquitto(tmp_path, port=port) as broker, Listener(broker.port) as listener:
            listener.wait_for("perfwatch/nas/status", b"online")
            wait_until(lambda: readings(listener, "cpu") != [], "a reading")


KEEPING = """
persistence true
persistence_location {folder}/
allow_anonymous true
max_queued_messages 0
"""


def test_readings_of_an_outage_arrive_when_the_broker_is_back(tmp_path: Path) -> None:
    """A persistent session at the broker hears all that arrives, from the first on."""
    with Mosquitto(tmp_path, KEEPING.format(folder=tmp_path)) as broker:
        keeper = client(
            "mosquitto_sub", broker.port, "-c", "-i", "keeper", "-x", "3600", "-t", "perfwatch/nas/memory"
        )
        subprocess.run([*keeper, "-E"], check=True)
        # This broker saves all when it is stopped, so nothing that it took must be sent again. An
        # announcement to Home Assistant has the newest sent once more.
        quiet = {"PERFWATCH_OUTBOX_RESEND": "0s", "PERFWATCH_HOMEASSISTANT": "false"}
        with RealCollector(tmp_path, broker, "nas", **quiet) as collector:
            wait_until(lambda: retained(broker.port, "perfwatch/nas/memory") is not None, "a reading")
            broker.stop()
            collector.wait_for("Lost ")
            before = len(collector.taken())
            wait_until(lambda: len(collector.taken()) >= before + 3, "three more ticks")
            missed = max(collector.taken())
            broker.start()
            collector.wait_for("again: ")
            wait_until(lambda: newest(broker.port) > missed, "a reading of after the outage")
            collector.end(signal.SIGTERM)
        taken = sorted(collector.taken())
        # -R leaves out what the broker retains and sends with every subscription.
        got = [*keeper, "-R", "-C", str(len(taken)), "-W", "60"]
        arrived = subprocess.run(got, check=False, capture_output=True).stdout.splitlines()
    # None is missing, none is twice, and they come in order.
    assert [json.loads(line)["timestamp"] for line in arrived] == taken


def newest(port: int) -> str:
    return str(json.loads(retained(port, "perfwatch/nas/memory") or b"")["timestamp"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--interval", "100ms"), "perfwatch: --interval is '100ms', but must be"),
        (("--interval", "soon"), "perfwatch: --interval is 'soon', but must be"),
        (("--broker", "mqtt://a..b"), "perfwatch: PERFWATCH_BROKER must look like"),
        (("--topic-prefix", "a/#"), "perfwatch: --topic-prefix is 'a/#', but must be levels of a topic"),
        (("--sources", "cpu,ups"), "perfwatch: --sources is 'cpu,ups', but must be all, or some of cpu,"),
        (("--perf-cores", "9999"), "perfwatch: PERFWATCH_PERF_CORES is '9999', but must be all, or cores of"),
        (("--perf-cores", "some"), "perfwatch: --perf-cores is 'some', but must be all, or numbers of cores"),
        (("--perf-interval", "50ms"), "perfwatch: --perf-interval is '50ms', but must be"),
    ],
)
def test_a_bad_setting_is_one_sentence_and_exit_code_1(options: tuple[str, ...], sentence: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "collector", *options], check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(sentence)
    assert len(ended.stderr.splitlines()) == 1


def tell(port: int, command: str) -> None:
    topic = "perfwatch/nas/config/set"
    subprocess.run(
        client("mosquitto_pub", port, "-t", topic, "-m", command),
        check=True,
    )


def state(listener: Listener) -> dict[str, Any]:
    """The newest state in force that was heard."""
    heard = listener.topic("perfwatch/nas/config")
    return json.loads(heard[-1]) if heard else {}


def facts(listener: Listener) -> dict[str, Any]:
    return json.loads(listener.topic("perfwatch/nas/info")[-1])  # type: ignore[no-any-return]


def test_it_is_told_over_the_broker_what_to_do_and_remembers_it(broker: Mosquitto, tmp_path: Path) -> None:
    with Listener(broker.port) as listener:
        with Collector(tmp_path, broker.url, "--interval", "1h") as collector:
            collector.wait_for_line("Connected to")
            wait_until(lambda: state(listener).get("interval") == 3600, "the state it was started with")
            tell(broker.port, '{"interval": "500ms", "sources": {"perf_events": false, "disk": false}}')
            wait_until(lambda: len(readings(listener, LAST)) >= 3, "ticks of the new interval")
            assert state(listener)["interval"] == 0.5
            wait_until(lambda: facts(listener)["interval"] == 0.5, "the facts follow")
            assert facts(listener)["sources"]["disk"] == "switched off"
            assert len(readings(listener, "disk")) <= 1  # of the first tick, if it was not late there
            assert collector.end(signal.SIGTERM) == 0
        listener.heard.clear()
        with Collector(tmp_path, broker.url, "--interval", "1h") as collector:
            collector.wait_for_line("Host nas: cpu, memory, network, memory_bandwidth, sensors, ")
            assert " every 500ms to " in collector.log
            wait_until(lambda: state(listener).get("interval") == 0.5, "what it was told is in force")


def test_a_bad_command_is_answered_and_changes_nothing(broker: Mosquitto, tmp_path: Path) -> None:
    with Listener(broker.port) as listener, Collector(tmp_path, broker.url) as collector:
        wait_until(lambda: state(listener) != {}, "the state")
        tell(broker.port, '{"interval": 2, "perf_cores": "9999"}')
        wait_until(lambda: listener.topic("perfwatch/nas/config/error") != [], "an answer")
        ticks = len(readings(listener, LAST))
        wait_until(lambda: len(readings(listener, LAST)) > ticks, "it goes on")
        assert state(listener)["interval"] == 0.5
    answer = json.loads(listener.topic("perfwatch/nas/config/error")[0])
    assert (answer["key"], answer["value"]) == ("perf_cores", "9999")
    assert "Traceback" not in collector.log


def test_it_stays_light() -> None:
    heavy = ["asyncio", "streamlit", "starlette", "influxdb_client", "numpy", "pydantic", "sqlite3"]
    program = f"import sys, collector.__main__; print([name for name in {heavy} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ended.stdout == "[]\n"


def test_while_somebody_looks_it_reads_each_second_beside_its_interval(
    broker: Mosquitto, tmp_path: Path
) -> None:
    with Listener(broker.port) as listener, Collector(tmp_path, broker.url, "--interval", "1h"):
        wait_until(lambda: bool(readings(listener, LAST)), "the first tick")
        look = ["-t", "perfwatch/nas/watch", "-n", "-D", "publish", "message-expiry-interval", "30"]
        subprocess.run(client("mosquitto_pub", broker.port, *look), check=True)
        wait_until(lambda: len(listener.topic("perfwatch/nas/watch/cpu")) >= 2, "two closer readings")
    closer = [message for message in listener.heard if message.topic.startswith("perfwatch/nas/watch/")]
    assert {(message.qos, message.retained) for message in closer} == {(0, False)}
    told = [json.loads(payload) for payload in listener.topic("perfwatch/nas/watch/cpu")]
    assert all(reading["usage_percent"] is not None for reading in told)
    assert len(readings(listener, "cpu")) == 1
