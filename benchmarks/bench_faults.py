"""Faults that last: what was taken meanwhile, and what became of it.

    python -m benchmarks.bench_faults [--minutes 2] [--outage 180] [--unsaved 45]

Three collectors publish numbered readings, 450 a second in all. `--minutes` is for how long parts are
killed in turn, and for how long at random; `--outage` for how many seconds a router drops every packet
(root on Linux; a proxy that swallows them elsewhere); `--unsaved` is how long before its end a killed
broker saved last. What is stored beyond what was sent came from collectors that were killed before they
noted the acknowledgement.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import TypeAlias

from benchmarks.table import print_table
from tests.faults.chance import Chance
from tests.faults.field import BROKER, RATE, Field, Outcome, field, locked, on_influxdb
from tests.faults.network import Router, far_broker
from tests.faults.proxy import Proxy
from tests.influx import INFLUXD, Influxd
from tests.servers import Mosquitto, wait_until

Row: TypeAlias = tuple[str, Outcome]

COLUMNS = ("sent", "stored", "lost", "doubled")

# As shipped: what is not saved within a minute is lost with the broker.
RARELY_SAVED = BROKER.replace("autosave_interval 1", "autosave_interval 60")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--outage", type=float, default=180)
    parser.add_argument("--unsaved", type=float, default=45)
    given = parser.parse_args()
    rows = [told(row) for row in scenarios(given.minutes * 60, given.outage, given.unsaved)]
    print_table("Faults", ("", *COLUMNS), [(name, *map(str, seen)) for name, seen in rows])
    if any(seen.lost or seen.doubled for _, seen in rows[1:]):
        raise SystemExit(1)


def scenarios(seconds: float, cut: float, unsaved: float) -> Iterator[Row]:
    yield from window(unsaved)
    yield outage(cut)
    yield in_turn(seconds)
    if INFLUXD is not None:
        yield at_random(seconds)


def told(row: Row) -> Row:
    """Print it now: the table comes when all have ended."""
    name, seen = row
    counts = ", ".join(f"{count} {column}" for column, count in zip(COLUMNS, seen, strict=True))
    print(f"{time.strftime('%H:%M:%S')}  {name}: {counts}", flush=True)
    return row


def window(unsaved: float) -> list[Row]:
    """The broker is killed so long after its last save, the bridge away; the first row is to lose."""
    with ExitStack() as stack:
        ones = [stack.enter_context(rarely_saved(resend)) for resend in (0.0, 75.0)]
        for one in ones:
            one.broker.save()  # the bridge's session
            one.bridge.end(signal.SIGTERM)
            one.broker.save()
        time.sleep(unsaved)
        for one in ones:
            one.broker.kill()
            one.broker.start()
            one.bridge.start()
        lost, kept = [one.settle(20) for one in ones]
    seconds = lost.lost / (3 * RATE)
    return [
        (f"broker killed {unsaved:.0f} s after a save, nothing sent again: {seconds:.1f} s", lost),
        ("… the last 75 s sent again", kept),
    ]


@contextmanager
def rarely_saved(resend: float) -> Iterator[Field]:
    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder), RARELY_SAVED.format(folder=folder))
        with field(Path(folder), resend, broker) as one:
            one.start()
            one.flow()
            yield one


def outage(seconds: float) -> Row:
    """Nobody reaches the broker, and nobody is told."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        router = Router()
        stack.callback(router.remove)
        network: Router | Proxy = router
        if missing := router.build():
            print(f"a proxy in place of the router: {missing}", file=sys.stderr)
            one = stack.enter_context(field(folder))
            network = stack.enter_context(Proxy(one.broker.port))
            one.address = f"127.0.0.1:{network.port}"
            one.bridge.environ["PERFWATCH_BROKER"] = f"mqtt://{one.address}"
        else:
            broker = far_broker(folder, BROKER.format(folder=folder), router)
            one = stack.enter_context(field(folder, broker=broker))
        one.start()
        one.flow()
        network.cut()
        time.sleep(seconds)
        network.mend()
        goal = len(one.taken()) + seconds * RATE
        wait_until(lambda: len(one.taken()) > goal, "what waited is taken", 120)
        return f"network drops every packet for {seconds:.0f} s", one.settle(120)


def in_turn(seconds: float) -> Row:
    faults: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder, field(Path(folder), resend=5.0) as one:
        one.start()
        for fault in cycle((bridge, broker, collector, history, everything)):
            one.flow(1000)
            fault(one)
            faults[fault.__name__] += 1
            if time.monotonic() > deadline:
                break
        one.flow(1000)
        told = ", ".join(f"{name} {times}" for name, times in faults.items())
        return f"in turn: {told}", one.settle(60)


def at_random(seconds: float) -> Row:
    """Store (InfluxDB), broker, bridge and collectors, killed in every mixture."""
    killed: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    with (
        tempfile.TemporaryDirectory() as folder,
        Influxd(Path(folder)) as store,
        on_influxdb(store, Path(folder), resend=60.0) as one,
    ):
        one.start()
        one.broker.save()
        chance = Chance(one, store, seed=1)
        while time.monotonic() < deadline:
            killed.update(chance.strike())
        one.flow(1000)
        told = ", ".join(f"{name} {times}" for name, times in killed.items())
        return f"at random: {told}", one.settle(60)


def bridge(one: Field) -> None:
    one.bridge.end(signal.SIGKILL)
    one.flow()
    one.bridge.start()


def broker(one: Field) -> None:
    one.broker.kill()
    one.broker.start()


def collector(one: Field) -> None:
    one.kill_collector("pi")
    one.start_collector("pi")


def history(one: Field) -> None:
    with locked(one):
        one.flow(3000)


def everything(one: Field) -> None:
    one.kill_all()
    one.start_all()


if __name__ == "__main__":
    main()
