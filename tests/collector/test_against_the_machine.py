"""Each source against another program's reading of the same machine, where it has that program."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from collector.sources.connections import by_counting
from collector.sources.containers import Containers, sockets
from collector.sources.cpu import Cpu
from collector.sources.disk import Disk
from collector.sources.gpu import Gpu
from collector.sources.memory import Memory
from collector.sources.network import Network
from collector.sources.pressure import Pressure
from collector.sources.processes import Processes
from collector.sources.sensors import Sensors
from collector.sources.source import Absent, Source, Tick, read_text
from collector.sources.system import System
from collector.sources.systemd import Systemd
from perfwatch.readings import codec
from perfwatch.readings.optional import Containers as ContainersReading
from tests.servers import wait_until

T = TypeVar("T")

STATES = {
    "established": "ESTAB",
    "close_wait": "CLOSE-WAIT",
    "listen": "LISTEN",
    "time_wait": "TIME-WAIT",
}
MIB = 2**20
CLOSE = 64 * MIB
"""What the machine may take or give back between two readings of it."""


def run(*command: str) -> str:
    """What that program prints; the test is skipped where it is missing or has nothing to say."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    ended = subprocess.run(
        command, env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True, check=False, timeout=60
    )
    if ended.returncode:
        pytest.skip(f"{' '.join(command)} says: {ended.stderr.strip()}")
    return ended.stdout


def now() -> Tick:
    return Tick(codec.now(), time.monotonic())


def gather(source: Source) -> Any:
    """Its first reading; the test is skipped where the machine has no such thing."""
    found: list[object] = []

    def there() -> bool:
        found.extend(filter(None, [source.gather(now())]))
        return bool(found)

    try:
        wait_until(there, f"a reading of {source.name}")
    except Absent as exc:
        pytest.skip(f"{source.name}: {exc}")
    return found[0]


def between(ours: Any, before: Any, after: Any, slack: float) -> bool:
    """Whether each number is one of theirs from just before to just after, give or take `slack`."""
    if isinstance(ours, dict):
        named = ours.keys() == before.keys() == after.keys()
        return named and all(between(ours[key], before[key], after[key], slack) for key in ours)
    if isinstance(ours, list):
        return all(between(*three, slack) for three in zip(ours, before, after, strict=True))
    return bool(min(before, after) - slack <= ours <= max(before, after) + slack)


def agree(ours: Callable[[], T], theirs: Callable[[], T], slack: float = 0) -> None:
    """What we read of a moving thing lies, sooner or later, between two of their readings around it."""
    seen: list[tuple[T, T, T]] = []

    def met() -> bool:
        before, mine, after = theirs(), ours(), theirs()
        seen.append((mine, before, after))
        return between(mine, before, after, slack)

    try:
        wait_until(met, "both agree")
    except AssertionError:
        pytest.fail(f"ours {seen[-1][0]}, theirs {seen[-1][1]} and then {seen[-1][2]}")


def test_memory_is_what_free_says() -> None:
    def theirs() -> dict[str, int]:
        rows = [line.split() for line in run("free", "-b", "-w").splitlines()]
        named = dict(zip(rows[0], map(int, rows[1][1:]), strict=True))
        return named | {"swap_total": int(rows[2][1]), "swap_used": int(rows[2][2])}

    def ours() -> dict[str, int]:
        found = Memory().gather(now())
        # free counts what the kernel could give back of its own as cached too, as psutil does.
        return {name: getattr(found, f"{'cached' if name == 'cache' else name}_bytes") for name in theirs()}

    assert ours()["total"] == theirs()["total"]
    assert ours()["swap_total"] == theirs()["swap_total"]
    agree(ours, theirs, CLOSE)


def test_load_and_cores_are_what_uptime_and_nproc_say() -> None:
    def loads() -> list[float]:
        return [float(number) for number in run("uptime").rpartition("average:")[2].split(",")]

    agree(lambda: [number or 0.0 for number in Cpu().gather(now()).load_average], loads)
    assert Cpu().gather(now()).core_count == int(run("nproc", "--all"))


def test_processor_use_is_what_proc_stat_says_by_hand() -> None:
    def times() -> list[int]:
        return [int(number) for number in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]

    def shares(spent: list[int]) -> list[float]:
        """Used and idle, in percent."""
        return [100 - 100 * (spent[3] + spent[4]) / sum(spent), 100 * spent[3] / sum(spent)]

    source = Cpu()

    def met() -> bool:
        source.gather(now())
        before = times()
        wait_until(lambda: sum(times()) - sum(before) > 100, "time passes")
        found = source.gather(now())
        theirs = shares([after - earlier for earlier, after in zip(before, times(), strict=True)])
        return [found.usage_percent, found.idle] == pytest.approx(theirs, abs=6)

    wait_until(met, "both agree")  # nothing comes between our look and theirs, sooner or later


def test_interfaces_are_what_ip_says() -> None:
    def theirs() -> dict[str, list[int]]:
        links = json.loads(run("ip", "-s", "-j", "link"))
        return {
            link["ifname"]: [
                link["stats64"][way][name]
                for way in ("rx", "tx")
                for name in ("bytes", "packets", "errors", "dropped")
            ]
            for link in links
        }

    def ours() -> dict[str, list[int]]:
        return {
            name: [
                one.bytes_recv or 0,
                one.packets_recv or 0,
                one.errors_in or 0,
                one.drops_in or 0,
                one.bytes_sent or 0,
                one.packets_sent or 0,
                one.errors_out or 0,
                one.drops_out or 0,
            ]
            for name, one in Network().gather(now()).interfaces.items()
        }

    agree(ours, theirs)


def test_connections_are_what_ss_says() -> None:
    def theirs() -> dict[str, int]:
        states = Counter(line.split()[0] for line in run("ss", "-H", "-t", "-a", "-n").splitlines())
        datagrams = len(run("ss", "-H", "-u", "-a", "-n").splitlines())
        return {field: states[state] for field, state in STATES.items()} | {"udp": datagrams}

    def ours() -> dict[str, int]:
        found = by_counting(read_text)
        counts = {field: getattr(found.tcp, field) for field in found.tcp.__struct_fields__}
        return counts | {"udp": found.udp.count or 0}

    agree(ours, theirs)


def test_partitions_are_what_df_says() -> None:
    named = Disk().gather(now()).partitions.keys()

    def df(columns: str) -> dict[str, list[int]]:
        lines = run("df", "-B1", f"--output=target,{columns}", *named).splitlines()[1:]
        rows = [line.rsplit(None, columns.count(",") + 1) for line in lines]
        return {target.strip(): [int(number.rstrip("%")) for number in numbers] for target, *numbers in rows}

    def sizes() -> dict[str, list[int]]:
        found = Disk().gather(now()).partitions.items()
        return {name: [one.total_bytes or 0, one.used_bytes or 0, one.free_bytes or 0] for name, one in found}

    def shares() -> dict[str, list[int]]:
        found = Disk().gather(now()).partitions.items()
        return {name: [math.ceil(one.usage_percent or 0)] for name, one in found}  # df rounds up

    agree(sizes, lambda: df("size,used,avail"), CLOSE)
    agree(shares, lambda: df("pcent"), 1)


def test_devices_are_what_proc_diskstats_says_by_hand() -> None:
    named = Disk().gather(now()).devices.keys()

    def theirs() -> dict[str, list[int]]:
        rows = [line.split() for line in Path("/proc/diskstats").read_text().splitlines()]
        return {
            row[2]: [int(row[3]), int(row[5]) * 512, int(row[7]), int(row[9]) * 512]
            for row in rows
            if row[2] in named
        }

    def ours() -> dict[str, list[int]]:
        return {
            name: [one.read_count or 0, one.read_bytes or 0, one.write_count or 0, one.write_bytes or 0]
            for name, one in Disk().gather(now()).devices.items()
        }

    agree(ours, theirs)


def test_disk_rates_are_what_iostat_says() -> None:
    text = run("iostat", "-d", "-o", "JSON")
    named = {one["disk_device"] for one in json.loads(text)["sysstat"]["hosts"][0]["statistics"][0]["disk"]}
    assert named <= set(Disk().gather(now()).devices)


def test_processes_are_what_ps_says() -> None:
    def listed() -> list[list[str]]:
        return [line.split(None, 3) for line in run("ps", "-e", "-o", "stat=,nlwp=,rss=,comm=").splitlines()]

    def theirs() -> list[int]:
        # ps itself, which runs while it looks, is no process of ours.
        rows = [row for row in listed() if row[3] != "ps"]
        return [len(rows), sum(int(row[1]) for row in rows), sum(row[0].startswith("Z") for row in rows)]

    def ours() -> list[int]:
        found = gather(Processes(share=1e9))
        return [found.count, found.threads, found.zombies]

    agree(ours, theirs)


def test_the_largest_process_has_what_ps_says() -> None:
    def resident(name: str) -> int:
        rows = [line.split(None, 1) for line in run("ps", "-e", "-o", "rss=,comm=").splitlines()]
        return sum(int(row[0]) * 1024 for row in rows if row[1] == name)

    def met() -> bool:
        top = gather(Processes(share=1e9)).top
        name = max(top, key=lambda one: top[one].memory_bytes)
        return bool(top[name].memory_bytes == pytest.approx(resident(name), rel=0.2, abs=CLOSE))

    wait_until(met, "both agree")


def test_uptime_is_what_proc_says_and_the_boot_what_uptime_says() -> None:
    before = float(Path("/proc/uptime").read_text().split()[0])
    ours = gather(System())
    assert before <= ours.uptime_seconds <= float(Path("/proc/uptime").read_text().split()[0])
    booted = time.mktime(time.strptime(run("uptime", "-s").strip(), "%Y-%m-%d %H:%M:%S"))
    assert ours.boot_time.timestamp() == pytest.approx(booted, abs=2)


def test_users_are_those_that_who_names() -> None:
    ours = gather(System())
    if ours.user_count is None:
        pytest.skip("nobody keeps who is logged in: no utmp, no systemd sessions")
    theirs = Counter(line.split()[0] for line in run("who").splitlines())
    assert {name: user.terminals for name, user in ours.users.items()} == dict(theirs)


def test_pressure_is_what_the_kernel_says_by_hand() -> None:
    def theirs() -> list[float]:
        words = Path("/proc/pressure/memory").read_text().split()
        return [float(word.split("=")[1]) for word in words if word.startswith("avg")]

    def ours() -> list[float]:
        stall = gather(Pressure()).resources["memory"]
        averages = [
            f"{way}_{avg}_percent" for way in ("some", "full") for avg in ("avg10", "avg60", "avg300")
        ]
        return [getattr(stall, average) for average in averages]

    if not Path("/proc/pressure/memory").exists():
        pytest.skip("this kernel counts no pressure")
    agree(ours, theirs)


def test_temperatures_are_what_lm_sensors_says() -> None:
    ours = gather(Sensors()).temperatures
    chips = json.loads(run("sensors", "-j"))
    theirs = [
        value
        for chip, inputs in chips.items()
        if not chip.startswith("drivetemp")
        for one in inputs.values()
        if isinstance(one, dict)
        for name, value in one.items()
        if re.fullmatch(r"temp\d+_input", name)
    ]
    known = sorted(one.celsius for one in ours.values() if one.celsius is not None)
    assert known == pytest.approx(sorted(theirs), abs=5)


def test_nvidia_cards_are_what_nvidia_smi_says() -> None:
    text = run("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
    rows = [line.rsplit(", ", 1) for line in text.splitlines()]
    ours = [one for name, one in gather(Gpu()).gpus.items() if name.startswith("nvidia")]
    assert [one.model for one in ours] == [name for name, _ in rows]
    for one, (_, total) in zip(ours, rows, strict=True):
        assert (one.memory_total_bytes or 0) / MIB == pytest.approx(int(total), rel=0.05)


def test_failed_units_are_what_systemctl_says() -> None:
    ours = gather(Systemd())
    theirs = run("systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--full").splitlines()
    assert list(ours.units) == [line.split()[0] for line in theirs]
    assert ours.failed == len(theirs)


def test_containers_are_what_docker_says() -> None:
    ours: ContainersReading = gather(Containers())
    path = next((path for name, path in sockets() if name == "docker" and path.is_socket()), None)
    if path is None:
        pytest.skip("Docker has no socket here")
    shown = run("docker", "-H", f"unix://{path}", "ps", "-a", "--format", "{{.Names}} {{.State}} {{.Image}}")
    theirs = sorted(line.split() for line in shown.splitlines())
    named = sorted([name, one.state, one.image] for name, one in ours.containers.items())
    assert named == theirs
