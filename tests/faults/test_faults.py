"""Every reading that was taken is in the history exactly once, whatever was killed in between."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.faults.conftest import Report
from tests.faults.field import field, kill_one_of_three, locked

# How long the collectors keep what was acknowledged: longer than the broker takes to save it.
RESEND = 15.0


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
            one.broker.save()  # of the bridge's session
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
            one.broker.save()
            one.flow(600)
            one.kill_all()
            one.start_all()
        one.flow()
        report("SIGKILL of collectors, bridge and broker at once, twice", one.settle())


def test_a_bridge_of_a_group_is_killed(tmp_path: Path, report: Report) -> None:
    with field(tmp_path) as one:
        # Mosquitto goes on giving the absent member its share, and keeps it for its session.
        assert kill_one_of_three(one, one.broker, one.broker) > 100
        report("SIGKILL of one of three bridges of a group", one.settle())
    written = [bridge.log.read_text() for bridge in one.bridges]
    assert all("connected to" in text for text in written)
