"""Every reading that was taken is in the history exactly once, whatever was killed in between."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.bridge.running import Process, history
from tests.faults.conftest import Report
from tests.faults.field import Field, field, stored
from tests.faults.proxy import Proxy
from tests.servers import wait_until

# How long the collectors keep what was acknowledged: longer than the broker takes to save it.
RESEND = 5.0


@contextmanager
def locked(one: Field) -> Iterator[None]:
    """The history's file is locked by another process's transaction."""
    path = Path(one.bridge.history.removeprefix("sqlite://"))
    with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def wait_for_save(database: Path) -> None:
    def saved() -> int:
        return database.stat().st_mtime_ns if database.exists() else 0

    before = saved()
    wait_until(lambda: saved() > before, "the broker has saved")


def test_the_bridge_is_killed(tmp_path: Path, report: Report) -> None:
    with field(tmp_path) as one:
        one.start()
        for _ in range(3):
            one.flow()
            one.bridge.end(signal.SIGKILL)
            one.flow(100)
            one.bridge.start()
        report("SIGKILL of the bridge, three times", one.settle())


def test_the_broker_is_killed_while_the_bridge_keeps_up(tmp_path: Path, report: Report) -> None:
    with field(tmp_path) as one:
        one.start()
        for times in range(1, 4):
            one.bridge.wait_for("connected to", times)
            one.flow(100)
            wait_for_save(tmp_path / "mosquitto.db")  # of the bridge's session
            one.flow(200)
            one.broker.kill()
            one.broker.start()
        report("SIGKILL of the broker, three times, nothing sent again", one.settle())


def test_the_broker_is_killed_while_the_bridge_is_away(tmp_path: Path, report: Report) -> None:
    with field(tmp_path, RESEND) as one:
        one.start()
        one.flow()
        one.bridge.end(signal.SIGKILL)
        one.flow()
        one.broker.kill()
        one.broker.start()
        one.bridge.start()
        one.flow()
        report("SIGKILL of the broker, the bridge away, sent again", one.settle())


def test_the_store_is_locked_and_the_bridge_killed_with_a_full_spool(tmp_path: Path, report: Report) -> None:
    with field(tmp_path) as one:
        one.start()
        one.flow()
        with locked(one):
            one.bridge.wait_for("readings wait in")
            one.flow()
            one.bridge.end(signal.SIGKILL)
            one.bridge.start()
            one.flow()
        report("history locked, SIGKILL of the bridge meanwhile", one.settle())


def test_a_collector_is_killed(tmp_path: Path, report: Report) -> None:
    with field(tmp_path) as one:
        one.start()
        for _ in range(3):
            one.flow()
            one.kill_collector("pi")
            one.start_collector("pi")
        one.flow()
        report("SIGKILL of a collector, three times", one.settle())


def test_everything_is_killed_at_once(tmp_path: Path, report: Report) -> None:
    with field(tmp_path, RESEND) as one:
        one.start()
        for times in range(1, 3):
            one.bridge.wait_for("connected to", times)
            wait_for_save(tmp_path / "mosquitto.db")
            one.flow(600)
            one.kill_all()
            one.start_all()
        one.flow()
        report("SIGKILL of collectors, bridge and broker at once, twice", one.settle())


def test_the_broker_cannot_be_reached(tmp_path: Path, report: Report) -> None:
    with field(tmp_path) as one, Proxy(one.broker.port) as proxy:
        one.port = proxy.port
        one.bridge.environ["PERFWATCH_BROKER"] = f"mqtt://127.0.0.1:{proxy.port}"
        one.start()
        one.flow()
        proxy.cut()
        with pytest.raises(AssertionError, match="not within"):
            wait_until(lambda: False, "nothing goes through", 3)
        before = len(one.taken())
        proxy.mend()
        one.flow()
        assert len(one.taken()) > before
        report("network swallows every packet for 3 s", one.settle())


def test_the_disk_fills_under_the_spool(tmp_path: Path, report: Report) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small tmpfs (run as root)")
    try:
        with field(tmp_path) as one:
            one.bridge.environ["PERFWATCH_DATA_DIR"] = str(disk)
            one.start()
            one.flow()
            with locked(one):
                one.bridge.wait_for("nothing is acknowledged until there is room")
                one.flow()
            report("history locked until the spool's disk is full", one.settle())
            assert "No space left on device" in one.bridge.log.read_text()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_bridge_of_a_group_is_killed(tmp_path: Path, report: Report) -> None:
    with field(tmp_path) as one:
        one.bridges += [Process(tmp_path, one.broker, f"test{number}") for number in (2, 3)]
        for bridge in one.bridges:
            bridge.environ["PERFWATCH_GROUP"] = "all"
        one.start()
        one.flow()
        killed = one.bridges[1]
        killed.end(signal.SIGKILL)
        one.flow()
        # Mosquitto goes on giving the absent member its share, and keeps it for its session.
        assert one.count().lost > 100
        killed.start()
        report("SIGKILL of one of three bridges of a group", one.settle())
    written = [bridge.log.read_text() for bridge in one.bridges]
    assert all("connected to" in text for text in written)


def test_what_a_killed_broker_had_saved_is_not_lost(tmp_path: Path) -> None:
    """Nothing is sent again here: what may be lost is what the broker has not saved yet, and no more."""
    with field(tmp_path) as one:
        one.start()
        one.flow()
        one.bridge.end(signal.SIGKILL)
        one.flow(100)
        saved = one.taken()
        for _ in range(2):  # one save may have begun before
            wait_for_save(tmp_path / "mosquitto.db")
        one.broker.kill()
        one.broker.start()
        one.bridge.start()
        with history(one.bridge.history) as store:
            wait_until(lambda: saved <= set(stored(store)), "all that was saved is stored")
