"""What nobody foresaw in the thread of delivery ends the process, and nothing says well meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from collector.agent import Gathered
from collector.delivery.publisher import Publisher
from collector.service.heartbeat import Heartbeat
from collector.sinks import Json, Sinks
from collector.worker import Worker
from perfwatch.readings import codec, core
from perfwatch.topics import Topics
from tests.collector.listener import Listener
from tests.collector.publishing import CPU, address, publishing
from tests.servers import Mosquitto, wait_until


def died(publisher: Publisher) -> bool:
    try:
        publisher.check()
    except ZeroDivisionError:
        return True
    return False


def fails(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("callback", ["begin", "answered"], ids=["on_connect", "on_publish"])
def test_a_fault_in_a_callback_is_raised_in_whoever_publishes_and_no_heartbeat_follows(
    callback: str, broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Publisher, callback, fails)
    publisher = Publisher(address(broker.port), Topics(), "nas")
    if callback == "answered":
        publisher.publish({"cpu": b"1"})
    publisher.start()
    wait_until(lambda: died(publisher), "the thread's end")
    sinks = Sinks([Json(publisher), Heartbeat(tmp_path / "heartbeat")])
    with pytest.raises(ZeroDivisionError):
        sinks.publish({"cpu": Gathered(core.Cpu(timestamp=codec.now()), b"{}")})
    assert not (tmp_path / "heartbeat").exists()
    publisher.stop(0.1)


def test_a_thread_that_cannot_be_started_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        Publisher(address(1), Topics(), "nas").start()


def test_a_lost_broker_needs_no_further_thread(broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    with publishing(address(broker.port)) as publisher:
        with Listener(broker.port) as listener:
            publisher.publish({"cpu": b"1"})
            listener.wait_for(CPU, b"1")
        broker.kill()
        with monkeypatch.context() as patch:
            patch.setattr(Worker, "start", fails)
            broker.start()
            with Listener(broker.port) as listener:
                publisher.publish({"cpu": b"2"})
                listener.wait_for(CPU, b"2")


FAULTY = """
import sys
from collector.delivery.publisher import Publisher
def answered(*_): raise ZeroDivisionError("nobody foresaw this")
Publisher.answered = answered
from collector.__main__ import main
main()
"""


def test_the_process_ends_with_the_faults_traceback(broker: Mosquitto, tmp_path: Path) -> None:
    options = ["--host", "nas", "--interval", "500ms", "--data-dir", str(tmp_path), "--sources", "memory"]
    ended = subprocess.run(
        [sys.executable, "-c", FAULTY, *options, "--heartbeat-file", str(tmp_path / "heartbeat")],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PERFWATCH_BROKER": broker.url},
    )
    assert ended.returncode == 1
    assert "ZeroDivisionError: nobody foresaw this" in ended.stderr
    assert "in answered" in ended.stderr
