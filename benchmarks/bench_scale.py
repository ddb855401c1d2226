"""A fleet on one machine: what each service takes for 10 to 10,000 hosts at 5 s, and whether all is stored.

    python -m benchmarks.bench_scale [--hosts 10 100 1000] [--seconds 60]
    python -m benchmarks.bench_scale --hosts 10000 --store victoria --bridges 2

Broker, bridges, alerts (with its usual rules) and dashboard (nobody watching) are real processes on this
machine; the hosts are one process with one connection (`fleet`). `--store victoria` is Debian's
VictoriaMetrics; several bridges share the work as a group. The history begins empty: what an old one
writes, `bench_disk` tells.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.bench_thousand_hosts import publishing
from benchmarks.process import processor_seconds, proportional_megabytes
from benchmarks.table import print_table
from tests.influx import Victoria
from tests.servers import Mosquitto, wait_until
from tests.stack import Dashboard, Service

_SETTLING_SECONDS = 15  # introductions, first series, rules that get their first readings
_PATIENCE_SECONDS = 60
_SERVICES = ("mosquitto", "bridges", "store", "alerts", "dashboard")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--seconds", type=int, default=60, help="how long each is measured")
    parser.add_argument("--store", choices=("sqlite", "victoria"), default="sqlite")
    parser.add_argument("--bridges", type=int, default=1)
    chosen = parser.parse_args()
    fleets = [Fleet(hosts, chosen.store, chosen.bridges) for hosts in chosen.hosts]
    for fleet in fleets:
        print(f"{fleet.hosts} hosts for {chosen.seconds} s …")
        fleet.measure(chosen.seconds)
    title = (
        f"hosts at 5 s, six metrics each, over {chosen.seconds} s; {chosen.bridges} × bridge, {chosen.store}"
    )
    head = ("hosts", "messages/s", *_SERVICES)
    print_table(f"% of a core: {title}", head, [fleet.row(fleet.shares) for fleet in fleets])
    print_table(f"MB (PSS): {title}", head, [fleet.row(fleet.megabytes) for fleet in fleets])
    print_table(
        f"What became of the readings: {title}",
        ("hosts", "sent", "stored within a minute", "ms from a reading's time to the store, last batch"),
        [(fleet.hosts, fleet.sent, fleet.stored, fleet.lag) for fleet in fleets],
    )


class Fleet:
    """So many hosts, and what they took once measured: by service, in the order of `_SERVICES`."""

    def __init__(self, hosts: int, store: str, bridges: int) -> None:
        self.hosts, self._store, self._bridges = hosts, store, bridges
        self.rate, self.sent, self.stored = 0.0, 0, 0
        self.lag: int | None = None
        self.shares: list[float] = []
        self.megabytes: list[float] = []

    def row(self, figures: list[float]) -> tuple[object, ...]:
        return (self.hosts, round(self.rate), *figures)

    def measure(self, seconds: int) -> None:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            broker = stack.enter_context(Mosquitto(folder))
            stats = stack.enter_context(Stats(broker.port))
            pids = self._started(stack, folder, broker)
            fleet = publishing(broker.port, self.hosts, seconds + _SETTLING_SECONDS + 5)
            stack.enter_context(fleet)
            time.sleep(_SETTLING_SECONDS)
            before, began = _used(pids), time.monotonic()
            time.sleep(seconds)
            passed = time.monotonic() - began
            self.shares = [100 * (now - then) / passed for now, then in zip(_used(pids), before, strict=True)]
            self.megabytes = [sum(map(proportional_megabytes, of)) for of in pids]
            told, _ = fleet.communicate(timeout=120)
            self.sent = int(told.split()[0])
            self.rate = self.sent / float(told.split()[1])
            with suppress(AssertionError):  # too much for this machine: what is not stored is in the spool
                wait_until(lambda: stats.written() >= self.sent, "every reading is stored", _PATIENCE_SECONDS)
            self.stored, self.lag = stats.written(), stats.lag()

    def _started(self, stack: ExitStack, folder: Path, broker: Mosquitto) -> list[list[int]]:
        """The processes of each service."""
        history, store = f"sqlite://{folder / 'history.db'}", []
        if self._store == "victoria":
            server = stack.enter_context(Victoria(folder))
            history, store = f"influxdb://127.0.0.1:{server.port}", [pid_of(server)]
        given = {"broker": broker.url, "history": history}
        bridges = [
            Service(
                ["bridge"],
                _made(folder / name),
                data_dir=str(folder / name),
                bridge_id=name,
                **self._group(),
                **given,
            )
            for name in (f"b{number}" for number in range(self._bridges))
        ]
        alerts = Service(
            ["alerts"], _made(folder / "alerts"), data_dir=str(folder / "alerts"), broker=broker.url
        )
        dashboard = Dashboard(_made(folder / "dashboard"), broker.url, history=history)
        for one in (*bridges, alerts, dashboard):
            stack.enter_context(one)
        return [
            [pid_of(broker)],
            [pid_of(one) for one in bridges],
            store,
            [pid_of(alerts)],
            [pid_of(dashboard)],
        ]

    def _group(self) -> dict[str, str]:
        return {"group": "fleet"} if self._bridges > 1 else {}


class Stats:
    """What each bridge said of itself last."""

    def __init__(self, port: int) -> None:
        self._told: dict[str, dict[str, Any]] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        self._port = port

    def written(self) -> int:
        return sum(one["written"] for one in self._told.values())

    def lag(self) -> int | None:
        lags = [one["lag_ms"] for one in self._told.values() if one["lag_ms"] is not None]
        return max(lags, default=None)

    def _hear(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._told[message.topic] = json.loads(message.payload)

    def __enter__(self) -> Stats:
        self._client.connect("127.0.0.1", self._port)
        self._client.subscribe("perfwatch-bridge/+/stats")
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def pid_of(one: Mosquitto | Victoria | Service) -> int:
    process = one.process if isinstance(one, Service) else one._process
    assert process is not None
    return process.pid


def _used(pids: list[list[int]]) -> list[float]:
    return [sum(map(processor_seconds, of)) for of in pids]


if __name__ == "__main__":
    main()
