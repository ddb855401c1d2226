"""A dashboard that follows a thousand hosts: what it costs without and with somebody who watches all of them.

    python -m benchmarks.bench_thousand_hosts [--hosts 1000] [--seconds 30] [--checkout FOLDER …]

Each host publishes six metrics every 5 s: 1,200 messages/s for a thousand. All of it comes over one
connection, from a process of its own. `--checkout` measures another checkout's dashboard too, by the
same means and in the same run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.process import processor_seconds, resident_megabytes
from benchmarks.table import print_table
from benchmarks.watching import Viewers
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, Person

_HERE = Path(__file__).parents[1]
_SETTLING_SECONDS = 8  # introductions, and a tick of every host, are not what following costs


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=30, help="how long each is measured")
    parser.add_argument("--checkout", type=Path, action="append", default=[], help="another one to measure")
    chosen = parser.parse_args()
    rows = [
        measured(checkout, viewers, chosen.hosts, chosen.seconds)
        for viewers in (0, 1)
        for checkout in (*chosen.checkout, _HERE)
    ]
    print_table(
        f"A dashboard and {chosen.hosts} hosts at 5 s, six metrics each, over {chosen.seconds} s",
        ("", "viewers", "messages/s", "% of a core", "µs a message", "MB", "ticks/s seen", "log lines"),
        rows,
    )


def measured(checkout: Path, viewers: int, hosts: int, seconds: int) -> tuple[object, ...]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder))
        dashboard = stack.enter_context(started(checkout, folder, broker.url))
        person = Person(dashboard.url)
        watching = stack.enter_context(Viewers(dashboard.url, person.token, viewers))
        fleet = stack.enter_context(publishing(broker.port, hosts, seconds + _SETTLING_SECONDS + 5))
        wait_until(lambda: known(person) == hosts, "the dashboard knows every host")
        time.sleep(_SETTLING_SECONDS)
        assert dashboard.process is not None
        pid, lines = dashboard.process.pid, dashboard.output().count("\n")
        before, seen, began = processor_seconds(pid), watching.frames, time.monotonic()
        time.sleep(seconds)
        used, passed = processor_seconds(pid) - before, time.monotonic() - began
        ticks = (watching.frames - seen) / passed
        told, _ = fleet.communicate(timeout=60)
        rate = int(told.split()[0]) / float(told.split()[1])
        said = dashboard.output().count("\n") - lines
        share = 100 * used / passed
        megabytes = resident_megabytes(pid)
        each = 1e6 * used / passed / rate
        return (checkout.resolve().name, viewers, round(rate), share, each, megabytes, round(ticks), said)


def started(checkout: Path, folder: Path, broker: str) -> Dashboard:
    """That checkout's dashboard; this process has its own modules already."""
    dashboard = Dashboard(folder, broker)
    dashboard._environment["PYTHONPATH"] = str(checkout.resolve())
    return dashboard


def publishing(port: int, hosts: int, seconds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.fleet", str(port), str(hosts), str(seconds)]
    environment = os.environ | {"PYTHONPATH": str(_HERE)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def known(person: Person) -> int:
    """How many hosts have told it of themselves."""
    return sum(host["info"] is not None for host in person.get("/api/hosts").json()["hosts"])


if __name__ == "__main__":
    main()
