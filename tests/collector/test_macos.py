"""A Mac, as psutil shows it: no /proc, no /sys, fewer fields, and functions that are not there.

The named tuples have the fields that psutil's own have on macOS.
"""

from __future__ import annotations

import json
from collections import namedtuple
from typing import Any

import psutil
import pytest

from collector.host import os_name
from collector.service.doctor import examine_sources, examine_user
from collector.sources.cpu import Cpu
from collector.sources.disk import Disk
from collector.sources.memory import Memory
from collector.sources.network import Network
from collector.sources.partitions import Partitions
from perfwatch.readings import codec
from tests.collector.recording import absent, tick

scputimes = namedtuple("scputimes", "user nice system idle")
scpustats = namedtuple("scpustats", "ctx_switches interrupts soft_interrupts syscalls")
svmem = namedtuple("svmem", "total available percent used free active inactive wired")
sswap = namedtuple("sswap", "total used free percent sin sout")
sdiskio = namedtuple("sdiskio", "read_count write_count read_bytes write_bytes read_time write_time")
sdiskpart = namedtuple("sdiskpart", "device mountpoint fstype opts")
sdiskusage = namedtuple("sdiskusage", "total used free percent")
snetio = namedtuple("snetio", "bytes_sent bytes_recv packets_sent packets_recv errin errout dropin dropout")


def cpu() -> Cpu:
    spent = iter([(10.0, 0.0, 5.0, 85.0), (11.0, 0.0, 5.5, 93.5)])
    given: Any = {
        "times": lambda: scputimes(*next(spent)),
        "core_times": lambda: [scputimes(1.0, 0.0, 1.0, 8.0)],
        "stats": lambda: scpustats(1000, 2000, 0, 0),
    }
    return Cpu(**given)


def memory() -> Memory:
    given: Any = {
        "virtual": lambda: svmem(1000, 400, 60.0, 500, 100, 300, 200, 200),
        "swap": lambda: sswap(0, 0, 0, 0.0, 0, 0),
    }
    return Memory(**given, read=absent)


def network() -> Network:
    given: Any = {
        "counters": lambda: {"lo0": snetio(1, 1, 1, 1, 0, 0, 0, 0), "en0": snetio(2, 2, 2, 2, 0, 0, 2, 0)}
    }
    return Network(**given, read=absent, drops_out=False)


def disk() -> Disk:
    mounts: Any = {
        "mounts": lambda: [sdiskpart("/dev/disk3s1s1", "/", "apfs", "ro")],
        "usage": lambda _path: sdiskusage(1000, 300, 700, 30.0),
    }
    given: Any = {"counters": lambda: {"disk0": sdiskio(1, 1, 4096, 4096, 1, 1)}}
    return Disk(**given, whole_disks=lambda: None, partitions=Partitions(**mounts, read=absent).read)


@pytest.fixture(autouse=True)
def mac(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the platform's psutil lacks. Those that fail must not be asked."""
    monkeypatch.setattr(psutil, "MACOS", True)
    monkeypatch.delattr(psutil, "sensors_temperatures")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("'pmgr' entry was not found in AppleARMIODevice service")

    monkeypatch.setattr(psutil, "cpu_freq", broken)


def second(source: Cpu | Memory | Network | Disk) -> dict[str, Any]:
    source.gather(tick(0))
    reading: dict[str, Any] = json.loads(codec.encode(source.gather(tick(5))))
    return reading


def test_the_processors_have_what_a_mac_counts_and_null_for_the_rest() -> None:
    reading = second(cpu())
    assert (reading["usage_percent"], reading["user"], reading["system"]) == (15.0, 10.0, 5.0)
    assert [reading[name] for name in ("iowait", "irq", "softirq", "steal")] == [None] * 4
    assert (reading["frequency_mhz"], reading["temperature_celsius"]) == ([], [])


def test_memory_has_no_caches_and_no_huge_pages() -> None:
    reading = second(memory())
    assert (reading["total_bytes"], reading["usage_percent"]) == (1000, 60.0)
    for name in ("cached_bytes", "buffers_bytes", "shared_bytes", "hugepages_total", "swap_percent"):
        assert reading[name] is None


def test_the_network_has_traffic_but_no_sockets_and_no_dropped_packets() -> None:
    reading = second(network())
    assert reading["bytes_sent_per_sec"] == 0.0
    assert reading["connections"] is None
    assert (reading["interfaces"]["en0"]["drops_in"], reading["interfaces"]["en0"]["drops_out"]) == (2, None)


def test_the_disk_is_summed_without_sys_block() -> None:
    reading = second(disk())
    assert reading["read_bytes_per_sec"] == 0.0
    assert reading["partitions"]["/"]["usage_percent"] == 30.0


def test_the_doctor_finds_every_source_working() -> None:
    found = list(examine_sources([cpu(), memory(), network(), disk()], lambda _seconds: None))
    assert [(check.name, check.state) for check in found] == [
        (name, "ok") for name in ("cpu", "memory", "network", "disk")
    ]
    assert "temperature_celsius" in found[0].found


def test_privileges_are_told_without_proc() -> None:
    assert examine_user(absent, 0).found.endswith("all privileges")
    assert examine_user(absent, 2**31 - 7).found.endswith("without privileges")


def test_the_system_is_named_without_os_release() -> None:
    def no_release() -> dict[str, str]:
        raise OSError(2, "No such file or directory")

    assert os_name(no_release, lambda: "15.5") == "macOS 15.5"
