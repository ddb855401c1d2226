"""Which readings a killed broker forgets, how many those are, and that none is missing in the end."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.bridge.running import Process, history
from tests.faults.conftest import Report
from tests.faults.field import field, heard, stored
from tests.faults.real import RealCollector
from tests.servers import Mosquitto, wait_until

SHIPPED = Path(__file__).parents[2] / "mosquitto" / "mosquitto.conf"


def test_what_a_killed_broker_had_saved_is_not_lost(tmp_path: Path) -> None:
    """Nothing is sent again here: what may be lost is what the broker has not saved yet, and no more."""
    with field(tmp_path) as one:
        one.start()
        one.flow()
        one.bridge.end(signal.SIGKILL)
        one.flow(100)
        saved = one.taken()
        one.broker.save()
        one.broker.kill()
        one.broker.start()
        one.bridge.start()
        with history(one.bridge.history) as store:
            wait_until(lambda: saved <= set(stored(store)), "all that was saved is stored")


def test_what_was_taken_between_two_saves(tmp_path: Path, report: Report) -> None:
    """The broker as shipped, saved once a minute, and collectors as shipped but for one's setting."""
    shipped = SHIPPED.read_text().replace("allow_anonymous false", "allow_anonymous true")
    broker = Mosquitto(tmp_path, f"{shipped}\npersistence_location {tmp_path}/\n")
    bridge = Process(tmp_path, broker)
    with broker:
        bridge.start()
        bridge.wait_for("connected to")
        assert bridge.end(signal.SIGTERM) == 0
        broker.save()  # the bridge's session; what comes from here on is in the broker's memory only
        with (
            RealCollector(tmp_path, broker, "once", PERFWATCH_OUTBOX_RESEND="0s") as once,
            RealCollector(tmp_path, broker, "again") as again,
        ):
            with (
                heard(broker, "perfwatch/once/memory") as first,
                heard(broker, "perfwatch/again/memory") as second,
            ):
                wait_until(lambda: min(len(first), len(second)) > 10, "the broker has taken ten of each")
            broker.kill()
            broker.start()
            bridge.start()
            for collector in (once, again):
                collector.wait_for("again:")
            outcomes = [collector.settle(bridge.history) for collector in (once, again)]
        assert bridge.end(signal.SIGTERM) == 0
    report("SIGKILL of the broker between saves, bridge away, resend off", outcomes[0], least=10, window=True)
    report("… and as it is shipped (PERFWATCH_OUTBOX_RESEND=75s)", outcomes[1], least=10)
