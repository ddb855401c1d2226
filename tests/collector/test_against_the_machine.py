"""Load, memory and what runs, against another program's reading of the same machine."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from collector.sources.containers import Containers, sockets
from collector.sources.cpu import Cpu
from collector.sources.memory import Memory
from collector.sources.pressure import Pressure
from collector.sources.processes import Processes
from collector.sources.system import System
from collector.sources.systemd import Systemd
from perfwatch.readings.optional import Containers as ContainersReading
from tests.collector.agreement import CLOSE, agree, gather, now, run
from tests.servers import wait_until


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
