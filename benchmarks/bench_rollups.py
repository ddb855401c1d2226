"""Rollups in InfluxDB: by the bridge and by the server itself, and what others wait beside them.

    python -m benchmarks.bench_rollups [--hosts 20] [--pid PID]

Some hours of readings each 5 s are rolled up. The server's own means are a continuous query of 1.x (what
it would run, over one hour) and a task of 2.x, which is run once. PERFWATCH_TEST_INFLUX_URL names a server
beside Debian's; its processor time is shown when `--pid` tells which process it is.

Then, on Debian's: a write and a question each 50 ms while the bridge rolls up, resting after each step for
so many times its length.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks.bridge_stores import installed, named_store
from benchmarks.feed import decoded, messages
from benchmarks.process import processor_seconds
from benchmarks.table import percentile, print_table
from bridge.batch import MESSAGES
from perfwatch.history.influx.store import InfluxStore
from perfwatch.history.influx.url import Address
from perfwatch.history.pacing import paced
from perfwatch.history.rollup import HOUR, floor, total
from perfwatch.history.store import Numbers, Series
from perfwatch.workers import Workers
from tests.influx import Influxd

STEP, EACH_SECONDS, RESTS = 5000, 0.05, (1.0, 0.25, 0.0) * 2

INTO = (
    'SELECT sum(*), count(*), min(*), max(*) INTO "own"."autogen".:MEASUREMENT FROM "bench"."autogen"./.*/'
    " WHERE time >= {start}ms AND time < {stop}ms GROUP BY time({length}), *"
)
TASK = """option task = {{name: "rollups", every: 24h}}
readings = from(bucket: "{raw}") |> range(start: {start}, stop: {stop})
own = (length, fn, name) => readings |> aggregateWindow(every: length, fn: fn, createEmpty: false)
  |> map(fn: (r) => ({{r with _field: name + r._field, _value: float(v: r._value)}}))
  |> to(bucket: "{to}")
"""
OWN = 'own(length: {length}, fn: {fn}, name: "{fn}_{length}_") |> yield(name: "{fn} {length}")\n'


class Cost(NamedTuple):
    """Seconds by the clock, of the server's processor time (None: not known) and of ours."""

    clock: float
    server: float | None
    ours: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=20, help="how many")
    parser.add_argument("--pid", type=int, help="the process of the named server")
    chosen = parser.parse_args()
    last = floor(time.time_ns() // 1_000_000, HOUR)
    rows: list[tuple[object, ...]] = []
    waits: list[tuple[object, ...]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if debian := installed(folder).get("InfluxDB 1.6"):
            found = stack.enter_context(debian)
            assert isinstance(found.server, Influxd)
            ask = found.server.ask
            first = last - (len(RESTS) + 1) * HOUR
            hours = range(first, last, HOUR)
            fill(found.store, chosen.hosts, first, last)
            ask('CREATE DATABASE "own"')

            def query() -> None:
                for length in ("1m", "1h"):
                    answer = ask(INTO.format(start=first, stop=first + HOUR, length=length))
                    assert "error" not in answer["results"][0], answer

            pid = found.server.pid
            rows.append(("InfluxDB 1.6, a continuous query", *each(chosen.hosts, spent(query, pid))))
            ours = spent(lambda: total(found.store.roll_up(first + HOUR)), pid)
            rows.append(("InfluxDB 1.6, the bridge", *each(chosen.hosts, ours)))
            for rest, hour in zip(RESTS, hours[1:], strict=True):
                work = paced(Workers("upkeep", 1), found.store.roll_up(hour + HOUR), rest)
                waits.append((f"{rest} times its length", *asyncio.run(waited(found.store, work, hour))))
            waits.append(("nothing", *asyncio.run(waited(found.store, asyncio.sleep(10), hours[0]))))
        if store := named_store():
            named, address = stack.enter_context(store)
            fill(named, chosen.hosts, last - HOUR, last)
            if named._database._server.version().lstrip("v").startswith("2"):
                task = spent(lambda: run_task(address, last - HOUR, last), chosen.pid)
                rows.append(("the named server, a task", *each(chosen.hosts, task)))
            ours = spent(lambda: total(named.roll_up(last)), chosen.pid)
            rows.append(("the named server, the bridge", *each(chosen.hosts, ours)))
    head = ("rollups", "by the clock", "server's processor", "bridge's processor")
    print_table(f"An hour of one host, {chosen.hosts} hosts: ms", head, rows)
    kinds = ("writes: p50 ms", "p99", "most", "questions: p50 ms", "p99", "most")
    waiting = ("rollups, the rest after a step", "s a host's hour", *kinds)
    print_table("Writes and questions beside rollups, on InfluxDB 1.6", waiting, waits)


def fill(store: InfluxStore, hosts: int, start: int, stop: int) -> None:
    taken = decoded(messages(hosts, 12, start))
    size = len(taken) // 12

    def all_of_it() -> Iterator[Numbers]:
        for tick, at in enumerate(range(start, stop, STEP)):
            first = tick % 12 * size
            yield from (Numbers(one.layout, at, one.values) for one in taken[first : first + size])

    readings = all_of_it()
    while batch := list(islice(readings, MESSAGES)):
        store.write(batch)


def spent(work: Callable[[], object], pid: int | None) -> Cost:
    def server() -> float | None:
        return None if pid is None else processor_seconds(pid)

    before, began, ours = server(), time.perf_counter(), time.process_time()
    work()
    after = server()
    used = None if before is None or after is None else after - before
    return Cost(time.perf_counter() - began, used, time.process_time() - ours)


def each(hosts: int, cost: Cost) -> Iterator[object]:
    return ("" if part is None else round(part / hosts * 1000) for part in cost)


def run_task(address: Address, start: int, stop: int) -> None:
    """Have an InfluxDB 2 run a task once that rolls the stretch up, and wait for its end."""
    headers = {"Authorization": f"Token {address.token}"}
    with httpx.Client(base_url=address.url, headers=headers, timeout=600) as client:

        def ask(method: str, path: str, **given: Any) -> Any:
            answer = client.request(method, f"/api/v2/{path}", **given)
            answer.raise_for_status()
            return answer.json() if answer.content else None

        org = ask("GET", "orgs", params={"org": address.org})["orgs"][0]["id"]
        to = ask("POST", "buckets", json={"orgID": org, "name": f"{address.database}/own"})
        times = {"start": flux_time(start), "stop": flux_time(stop)}
        script = TASK.format(raw=f"{address.database}/autogen", to=to["name"], **times)
        for length in ("1m", "1h"):
            script += "".join(OWN.format(length=length, fn=fn) for fn in ("sum", "count", "min", "max"))
        task = ask("POST", "tasks", json={"orgID": org, "flux": script})["id"]
        try:
            ask("POST", f"tasks/{task}/runs", json={})
            # The list has a run that has begun, and again once its end is noted: in between it has none.
            while not (
                ends := [run for run in ask("GET", f"tasks/{task}/runs")["runs"] if "finishedAt" in run]
            ):
                time.sleep(0.1)
            assert ends[0]["status"] == "success", ends
        finally:
            ask("DELETE", f"tasks/{task}")
            ask("DELETE", f"buckets/{to['id']}")


def flux_time(ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms // 1000))


async def waited(store: InfluxStore, beside: Awaitable[object], hour: int) -> tuple[object, ...]:
    """Seconds of a host's hour, then p50, p99 and most of writes and of questions, in ms."""
    hosts = len({one.host for one in store.series("memory")})
    series = [Series("memory", "host000", "", "", "used_bytes")]
    other = decoded((topic.replace("host", "other"), text) for topic, text in messages(20, 1, hour))
    times: dict[str, list[float]] = {"write": [], "question": []}

    def write() -> object:
        now = time.time_ns() // 1_000_000
        return store.write([Numbers(one.layout, now, one.values) for one in other])

    def question() -> object:
        return store.query(series, hour, hour + HOUR, 60_000)

    async def others() -> None:
        while True:
            for work in (write, question):
                began = time.perf_counter()
                await asyncio.to_thread(work)
                times[work.__name__].append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(EACH_SECONDS)

    asking, began = asyncio.create_task(others()), time.perf_counter()
    await beside
    passed = time.perf_counter() - began
    asking.cancel()
    shown = [(percentile(some, 0.5), percentile(some, 0.99), max(some)) for some in times.values()]
    return passed / hosts, *shown[0], *shown[1]


if __name__ == "__main__":
    main()
