"""Further members of the classes of faults that the cases stand for, each of which was found by trying."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from collector.sources import diskstats, mounts, net_dev, proc_stat
from collector.sources.battery import battery
from collector.sources.cpu import Cpu
from collector.sources.disk import Disk
from collector.sources.engine import MemoryStats, used_bytes
from collector.sources.hwmon import Hwmon
from collector.sources.interfaces import counted
from collector.sources.memory import Memory
from collector.sources.mounts import Mount
from collector.sources.network import signals
from collector.sources.partitions import Partitions
from collector.sources.processes import Processes
from collector.sources.rtnetlink import Link
from collector.sources.smartd import FOLDER, Drives
from collector.sources.systemd import failed
from perfwatch.readings import codec, core
from tests.collector.folders import lay_out
from tests.collector.machine import needs_namespaces
from tests.collector.recording import absent, tick

LOOPBACK = Link(1, None, loopback=True)


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0", "\u0085", "\u000b", "\u2028", "\u001c"])
def test_white_space_that_the_kernel_does_not_escape_is_a_part_of_a_name(blank: str) -> None:
    name = f"写真{blank}集"
    text = f"36 25 8:17 / /media/{name} rw - vfat /dev/sdb1 rw\n25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    found = mounts.parse(text, frozenset({"vfat", "ext4"}))
    assert [mount.mountpoint for mount in found] == [f"/media/{name}", "/"]
    assert list(net_dev.parse(f"  {name}: {'1 ' * 16}\n").traffic) == [name]


@pytest.mark.parametrize("odd", ["-1", "0.5"])
def test_an_odd_number_of_a_disk_costs_that_number(odd: str) -> None:
    told = diskstats.parse(f"   8  0 sda 1 2 3 4 5 6 7 8 {odd} 10 {odd}")
    assert told.errors == {}
    assert (told.counters["sda"].busy_ms, told.counters["sda"].queued_ms) == (10, None)


def test_a_wireless_interface_may_have_a_colon_in_its_name() -> None:
    assert signals("head\nhead\n a:b: 0000 54. -70. 0") == {"a:b": -70.0}


MEMINFO = "MemTotal: 1000 kB\nMemFree: 200 kB\nMemAvailable: 300 kB\nHugePages_Total: 10\n"


def memory(text: str) -> core.Memory:
    return Memory(lambda path: text if path == "/proc/meminfo" else absent(path)).gather(tick(0))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("Cached: 99999 kB", "cached_bytes"),
        ("Buffers: 1001 kB", "buffers_bytes"),
        ("Shmem: 5000 kB", "shared_bytes"),
        ("Slab: 18446744073709551 kB", "slab_bytes"),
        ("Dirty: 2000 kB", "dirty_bytes"),
        ("HugePages_Free: 11", "hugepages_free"),
        ("HugePages_Rsvd: 18446744073709551615", "hugepages_reserved"),
    ],
)
def test_a_part_of_memory_that_is_more_than_the_whole_is_null(row: str, field: str) -> None:
    assert getattr(memory(MEMINFO + row), field) is None


def test_a_machine_without_any_memory_is_not_told() -> None:
    with pytest.raises(ValueError, match="how much memory"):
        memory("MemTotal: 0 kB\n")


OF_A_CONTAINER = """
from collector.sources.memory import Memory
from collector.sources.source import read_text
from tests.collector.recording import tick
arc = "size 4 100000000000\\nc_min 4 1"
reading = Memory(lambda path: arc if "arcstats" in path else read_text(path)).gather(tick(0))
print(reading.available_bytes, reading.zfs_arc_bytes)
"""


def test_in_a_container_the_hosts_zfs_cache_is_not_its_own_memory(tmp_path: Path) -> None:
    needs_namespaces()
    (tmp_path / "meminfo").write_text(MEMINFO)
    script = f"mount --bind {tmp_path}/meminfo /proc/meminfo\nexec {sys.executable} -c '{OF_A_CONTAINER}'"
    command = ["unshare", "--mount", "sh", "-ec", script]
    ended = subprocess.run(command, capture_output=True, check=True, text=True)
    assert ended.stdout.split() == ["307200", "None"]


@pytest.mark.parametrize("idle", [2**63 - 1, 2**40])
def test_a_core_that_seems_to_have_rested_for_years_since_the_last_tick_is_not_idle(idle: int) -> None:
    steps = iter([f"cpu 1 1 1 {rested} 1\ncpu0 1 1 1 {rested} 1" for rested in (5, idle)])
    source = Cpu(lambda: proc_stat.parse(next(steps)), lambda _online: {})
    source.gather(tick(0))
    reading = source.gather(tick(5))
    assert (reading.usage_percent, reading.idle, reading.per_core) == (None, None, [None])


def cell(folder: Path, *values: str) -> Path:
    text = "\n".join(f"POWER_SUPPLY_{value}" for value in ("TYPE=Battery", "STATUS=Discharging", *values))
    return lay_out(folder, {"BAT0/uevent": text})


@pytest.mark.parametrize(
    ("values", "percent"),
    [
        (("CAPACITY=80", "ENERGY_NOW=6000000000", "ENERGY_FULL=50000000"), 80.0),
        (("CAPACITY=80", "CHARGE_NOW=-3000000", "CHARGE_FULL=5000000"), 80.0),
        (("CAPACITY=-1",), None),
        (("CAPACITY=100", "ENERGY_NOW=51000000", "ENERGY_FULL=50000000"), 100.0),
    ],
)
def test_a_battery_holds_neither_less_than_nothing_nor_much_more_than_all(
    tmp_path: Path, values: tuple[str, ...], percent: float | None
) -> None:
    held = battery(root=cell(tmp_path, *values))
    assert held is not None
    assert held.percent == percent


@pytest.mark.parametrize(
    ("thousandths", "critical", "celsius"),
    [
        ("240000", "100000", None),
        ("216000", "84850", None),
        ("115000", "97000", 115.0),
        ("65000", "1000", 65.0),
    ],
)
def test_a_device_is_not_far_above_where_it_would_be_off(
    tmp_path: Path, thousandths: str, critical: str, celsius: float | None
) -> None:
    files = {"name": "chip", "temp1_input": thousandths, "temp1_crit": critical}
    hwmon = Hwmon(lay_out(tmp_path, {f"hwmon0/{name}": text for name, text in files.items()}))
    (chip,) = hwmon.chips()
    assert hwmon.celsius(chip, "temp1") == celsius


@pytest.mark.parametrize(
    ("links", "uplinks", "expected"),
    [
        ({"wwan0": Link(2, None), "rmnet1": Link(3, "rmnet")}, set(), {"wwan0"}),
        ({"rmnet1": Link(3, "rmnet")}, {3}, {"rmnet1"}),
        (
            {"eth0": Link(2, "tun"), "veth1": Link(3, "veth", False, 4), "br0": Link(4, "bridge")},
            {2},
            {"eth0"},
        ),
        ({"eth0": Link(2, "veth"), "tun0": Link(3, "tun")}, {3}, {"eth0"}),
    ],
    ids=[
        "a modem's channel",
        "which is all there is",
        "a tap in place of the uplink",
        "a VPN in a container",
    ],
)
def test_a_byte_counts_once(links: dict[str, Link], uplinks: set[int], expected: set[str]) -> None:
    assert counted({"lo": LOOPBACK, **links}, frozenset(uplinks)) == expected


def disks(folder: Path, names: list[str], slaves: dict[str, list[str]]) -> core.Disk:
    """Two readings of disks, each of which reads a sector in between; those with `slaves` are shown."""
    for name, below in slaves.items():
        for slave in ("", *below):
            (folder / name / "slaves" / slave).mkdir(parents=True, exist_ok=True)
    steps = iter([1, 2])

    def told() -> diskstats.Devices:
        step = next(steps)
        return diskstats.parse("".join(f" 8 0 {name} 1 1 {step} 1 1 1 1 1 1 1 1\n" for name in names))

    source = Disk(told, Partitions(list), str(folder), absent, Drives(folder))
    source.gather(tick(0))
    return source.gather(tick(1))


@pytest.mark.parametrize(
    ("names", "slaves", "expected"),
    [
        (["dm-0"], {}, {"dm-0"}),
        (["dm-0", "dm-1"], {"dm-0": ["loop0"], "dm-1": ["dm-0"]}, {"dm-0"}),
        (["sda", "sda1", "md0", "dm-0"], {"sda": [], "md0": ["sda1"], "dm-0": ["md0"]}, {"sda"}),
    ],
    ids=["seen in a container", "over a file", "RAID below LVM"],
)
def test_disks_that_are_made_of_others_count_where_the_others_are_not_shown(
    tmp_path: Path, names: list[str], slaves: dict[str, list[str]], expected: set[str]
) -> None:
    reading = disks(tmp_path, names, slaves)
    assert {name for name, device in reading.devices.items() if device.counted} == expected
    assert reading.read_bytes_per_sec == 512.0 * len(expected)


def test_a_drive_whose_file_has_a_name_of_odd_bytes_does_not_cost_the_reading(tmp_path: Path) -> None:
    lay_out(tmp_path, {f"{FOLDER}/smartd.K\udcfc-1.ata.state": ""})
    reading = core.Disk(timestamp=tick(0).timestamp, drives=Drives(tmp_path).read())
    assert "K\ufffd-1" in codec.encode(reading).decode()


@pytest.mark.parametrize(
    ("blocks", "files", "total", "inodes"),
    [(2**64 - 1, 10, None, None), (100, 2**64 - 1, 409_600, None), (100, 10, 409_600, 10)],
)
def test_a_file_system_of_more_than_there_can_be_is_not_told(
    blocks: int, files: int, total: int | None, inodes: int | None
) -> None:
    told = os.statvfs_result((4096, 4096, blocks, 50, 50, files, 5, 5, 0, 255))
    only = [Mount("/data", "/dev/sdb1", "fuseblk", "8:17 /")]
    partition = Partitions(lambda: only, lambda _path: told, lambda _path: False, Path("/")).read()["/data"]
    assert (partition.total_bytes, partition.inodes_total) == (total, inodes)


def test_a_process_of_more_than_there_can_be_does_not_cost_the_reading(tmp_path: Path) -> None:
    line = "1 (init) S 0 1 1 0 -1 4194560 9 0 0 0 5 6 0 0 20 0 {0} 0 7 1000 {0} 184"
    source = Processes(str(lay_out(tmp_path, {"1/stat": line.format(2**63 - 1)})))
    reading = source.gather(tick(0))
    assert (reading.count, reading.threads) == (1, 0)
    assert codec.encode(reading)


@pytest.mark.parametrize(("usage", "cached", "used"), [(-5, 0, None), (2**64 - 1, 0, None), (900, -100, 900)])
def test_a_container_uses_neither_less_than_nothing_nor_more_than_there_can_be(
    usage: int, cached: int, used: int | None
) -> None:
    assert used_bytes(MemoryStats(usage=usage, stats={"inactive_file": cached})) == used


def test_a_unit_may_have_a_line_separator_in_its_description() -> None:
    assert failed("a.service loaded failed failed One\u2028Two\n")["a.service"].description == "One\u2028Two"
