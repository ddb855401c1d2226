"""Side by side: this collector, Glances and psmqtt, publishing comparable values to one broker.

    python -m benchmarks.bench_collectors [--seconds 60] [--interval 5]

Each is installed into an environment of its own in a temporary folder, so this needs pip to reach a
package index. They run one after another, pinned to the same core, against the same Mosquitto:
processor, memory, load, swap, network interfaces, real disks and file systems. A value is a number that
was measured and published, wherever it stands: as a topic's text or anywhere within its JSON. Glances
also publishes its own limits in each message (`cpu_user_careful`) and how long it keeps what and when
it looked last (`history_size`, `time_since_update`): these are numbers, but no values.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from benchmarks.process import processor_seconds, resident_megabytes
from benchmarks.table import print_table
from tests.collector.listener import Heard, Listener
from tests.servers import Mosquitto, wait_until

ROOT = Path(__file__).parents[1]
GLANCES_PLUGINS = "cpu,percpu,load,mem,memswap,network,connections,diskio,fs"

GLANCES = """
[outputs]
check_update=false
[diskio]
hide=loop.*,ram.*,zram.*
[mqtt]
host=127.0.0.1
port={port}
tls=false
user=nobody
password=none
devicename=bench
topic=glances
topic_structure={structure}
"""

PSMQTT_HEAD = """
logging: {{level: ERROR}}
mqtt:
  broker: {{host: 127.0.0.1, port: {port}}}
  qos: 1
  retain: true
  publish_topic_prefix: psmqtt/bench
schedule:
  - cron: every {interval} seconds
    tasks:
"""


class Rival(NamedTuple):
    """One of those compared: what pip installs, what is run, and below which topic it publishes."""

    name: str
    packages: tuple[str, ...]
    prefix: str
    command: Callable[[Path, Path, int, int], list[str]]
    """From its environment's bin, a folder for its files, the broker's port and the interval in seconds."""


def perfwatch(bin_: Path, _folder: Path, port: int, interval: int) -> list[str]:
    broker = f"mqtt://127.0.0.1:{port}"
    options = ["--broker", broker, "--host", "bench", "--interval", f"{interval}s"]
    # What the others publish too; everything else that we read is bench_sources' to time.
    options += ["--sources", "cpu,memory,network,disk"]
    return [str(bin_ / "perfwatch"), "collector", *options]


def glances(structure: str, bin_: Path, folder: Path, port: int, interval: int) -> list[str]:
    path = folder / "glances.conf"
    path.write_text(GLANCES.format(port=port, structure=structure))
    options = ["-C", str(path), "--disable-plugin", "all", "--enable-plugin", GLANCES_PLUGINS]
    return [str(bin_ / "glances"), *options, "--quiet", "--export", "mqtt", "--time", str(interval)]


def psmqtt(bin_: Path, folder: Path, port: int, interval: int) -> list[str]:
    """Its tasks are listed one by one: as many interfaces and disks as there are."""
    counted = psutil.disk_io_counters(perdisk=True)
    disks = [name for name in counted if not name.startswith(("loop", "ram", "zram"))]
    tasks: list[tuple[str, list[str]]] = [("cpu_percent", []), ("cpu_percent", ["*"])]
    for task in ("cpu_times_percent", "cpu_stats", "getloadavg", "virtual_memory", "swap_memory"):
        tasks.append((task, ["*"]))
    tasks += [("net_io_counters", ["*", name]) for name in psutil.net_io_counters(pernic=True)]
    tasks += [("disk_io_counters", ["*", name]) for name in disks]
    tasks += [("net_io_counters_rate", ["*"]), ("disk_io_counters_rate", ["*"])]
    tasks += [("disk_usage", ["*", part.mountpoint]) for part in psutil.disk_partitions()]
    lines = [f"      - {json.dumps({'task': task, 'params': params})}\n" for task, params in tasks]
    path = folder / "psmqtt.yaml"
    path.write_text(PSMQTT_HEAD.format(port=port, interval=interval) + "".join(lines))
    return ["env", f"PSMQTTCONFIG={path}", str(bin_ / "psmqtt")]


# What Glances' own MQTT export imports without asking pip for it.
GLANCES_PACKAGES = ("glances", "paho-mqtt", "certifi")

RIVALS = (
    Rival("PerfWatch", (str(ROOT),), "perfwatch/", perfwatch),
    Rival("Glances, a topic a plugin", GLANCES_PACKAGES, "glances/", partial(glances, "per-plugin")),
    Rival("Glances, a topic a value", GLANCES_PACKAGES, "glances/", partial(glances, "per-metric")),
    Rival("psmqtt", ("psmqtt",), "psmqtt/", psmqtt),
)


# What Glances has among its numbers that is not measured.
NOT_MEASURED = re.compile(r".*(_careful|_warning|_critical|history_size|time_since_update)")


class Cost(NamedTuple):
    """Of one tick: `messages`, `numbers` in them, and `values` among those."""

    processor_percent: float
    megabytes: float
    messages: float
    numbers: float
    values: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long each is measured")
    parser.add_argument("--interval", type=int, default=5, help="seconds between two readings")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="perfwatch-bench-") as name:
        folder = Path(name)
        environments = install(folder)
        with Mosquitto(folder) as broker:
            costs = {
                rival.name: measure(rival, environments[rival.packages], folder, broker, chosen)
                for rival in RIVALS
            }
    print_costs(costs, chosen)


def install(folder: Path) -> dict[tuple[str, ...], Path]:
    """An environment for each set of packages; returns where their programs are."""
    made: dict[tuple[str, ...], Path] = {}
    for packages in dict.fromkeys(rival.packages for rival in RIVALS):
        place = folder / f"venv{len(made)}"
        print(f"installing {' '.join(packages)} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        pip = [str(place / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        ended = subprocess.run([*pip, "install", *packages], check=False)
        if ended.returncode:
            sys.exit("This benchmark needs pip to reach a package index, such as PyPI")
        made[packages] = place / "bin"
    return made


def measure(
    rival: Rival, programs: Path, folder: Path, broker: Mosquitto, chosen: argparse.Namespace
) -> Cost:
    print(f"measuring {rival.name} for {chosen.seconds} s …", flush=True)
    command = ["taskset", "-c", str(min(os.sched_getaffinity(0))), *rival.command(
        programs, folder, broker.port, chosen.interval
    )]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with (folder / "output.log").open("wb") as log, Listener(broker.port) as listener:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            # Starting is not what running costs: wait for two ticks.
            wait_until(lambda: ticks(listener.heard, rival) >= 2, f"{rival.name} publishes", 60)
            return during(process.pid, listener, rival, chosen)
        finally:
            process.kill()
            process.wait()


def ticks(heard: list[Heard], rival: Rival) -> int:
    """How often it has published what it publishes most often."""
    topics = [each.topic for each in heard if each.topic.startswith(rival.prefix) and list(numbers(each))]
    return max((topics.count(topic) for topic in set(topics)), default=0)


def during(pid: int, listener: Listener, rival: Rival, chosen: argparse.Namespace) -> Cost:
    listener.heard.clear()
    before, started = processor_seconds(pid), time.monotonic()
    time.sleep(chosen.seconds)
    used, passed = processor_seconds(pid) - before, time.monotonic() - started
    heard = [each for each in listener.heard if each.topic.startswith(rival.prefix)]
    counted = passed / chosen.interval
    names = [name for each in heard for name in numbers(each)]
    values = [name for name in names if not NOT_MEASURED.fullmatch(name)]
    processor, megabytes = 100 * used / passed, resident_megabytes(pid)
    return Cost(processor, megabytes, len(heard) / counted, len(names) / counted, len(values) / counted)


def numbers(heard: Heard) -> Iterator[str]:
    """The names of the numbers that a message carries."""
    try:
        decoded = json.loads(heard.payload)
    except ValueError:
        return
    yield from _numbers(heard.topic, decoded)


def _numbers(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _numbers(f"{name}/{key}", each)
    elif isinstance(value, list):
        for each in value:
            yield from _numbers(name, each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name


def print_costs(costs: dict[str, Cost], chosen: argparse.Namespace) -> None:
    rows = []
    for name, cost in costs.items():
        microseconds = cost.processor_percent / 100 * chosen.interval * 1e6 / cost.values
        rows.append((name, *cost, microseconds))
    print_table(
        f"One tick each {chosen.interval} s, over {chosen.seconds} s",
        ("", "% of a core", "MB resident", "topics a tick", "numbers", "values", "µs of CPU a value"),
        rows,
    )


if __name__ == "__main__":
    main()
