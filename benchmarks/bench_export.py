"""What other programs ask for again and again, `/metrics` and `/api/summary`; and what `client.live()` costs.

    python -m benchmarks.bench_export [--hosts 1000] [--scrapes 20]

Each host publishes six metrics. `ms` is from the question to the last byte, `ms of processor` what the whole
dashboard worked meanwhile: on a busy machine the second tells more.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import httpx

from benchmarks.bench_thousand_hosts import known, publishing
from benchmarks.process import processor_seconds
from benchmarks.table import print_table
from perfwatch.client import Client
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, Person

PATHS = ("/metrics", "/api/summary")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--scrapes", type=int, default=20)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder))
        dashboard = stack.enter_context(Dashboard(folder, broker.url))
        person = Person(dashboard.url)
        fleet = stack.enter_context(publishing(broker.port, chosen.hosts, 10))
        fleet.wait()
        wait_until(lambda: known(person) == chosen.hosts, "the dashboard knows every host")
        rows = [asked(dashboard, person, path, chosen.scrapes) for path in PATHS]
        with publishing(broker.port, chosen.hosts, 20) as fleet:
            took = [asyncio.run(followed(dashboard, person, 2 * chosen.hosts)) for _ in range(3)]
            fleet.wait()
    print_table(
        f"One answer of a dashboard that follows {chosen.hosts} hosts, median of {chosen.scrapes}",
        ("", "ms", "ms of processor", "least", "lines", "kB"),
        rows,
    )
    print_table(
        "`perfwatch.client` that follows all of them, of three times",
        ("ms of its processor a tick of six metrics, median", "least"),
        [(median(took), min(took))],
    )


async def followed(dashboard: Dashboard, person: Person, ticks: int) -> float:
    """Milliseconds of this process's processor time for each of so many ticks."""
    async with Client(dashboard.url, person.token) as client:
        live, began = client.live(), time.process_time()
        for _ in range(ticks):
            await anext(live)
        await live.aclose()
    return 1000 * (time.process_time() - began) / ticks


def asked(dashboard: Dashboard, person: Person, path: str, times: int) -> tuple[object, ...]:
    """The first answer is left out: names are made then."""
    assert dashboard.process is not None
    pid, passed, worked = dashboard.process.pid, [], []
    with httpx.Client(headers={"Authorization": f"Bearer {person.token}"}, timeout=60) as client:
        answer = client.get(dashboard.url + path).raise_for_status()
        for _ in range(times):
            before, began = processor_seconds(pid), time.perf_counter()
            answer = client.get(dashboard.url + path).raise_for_status()
            passed.append(1000 * (time.perf_counter() - began))
            worked.append(1000 * (processor_seconds(pid) - before))
    size = len(answer.content)
    return path, median(passed), median(worked), min(worked), answer.content.count(b"\n"), round(size / 1000)


if __name__ == "__main__":
    main()
