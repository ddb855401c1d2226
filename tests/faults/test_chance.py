"""SIGKILL of store, broker, bridge and collectors in every mixture."""

from __future__ import annotations

from pathlib import Path

from tests.faults.chance import Chance
from tests.faults.conftest import Report
from tests.faults.field import on_influxdb
from tests.influx import Influxd

STRIKES = 8

# Strikes come faster than the broker saves: what must be kept is all of them.
RESEND = 60.0


def test_whatever_is_killed_at_once(tmp_path: Path, report: Report) -> None:
    with Influxd(tmp_path) as store, on_influxdb(store, tmp_path, resend=RESEND) as one:
        one.start()
        one.broker.save()  # the bridge's session: see docs/delivery.md on the first minute
        chance = Chance(one, store, seed=4)
        struck = [chance.strike() for _ in range(STRIKES)]
        one.flow()
        assert {name for killed in struck for name in killed} == {"store", "broker", "bridge", "collectors"}
        report(f"SIGKILL of {sum(map(len, struck))} parts in {STRIKES} random strikes", one.settle())
