"""Faults that people reported to monitors, rebuilt small: the real collector on a machine made of files.

Each name begins with the number of its case in our list.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.collector.listener import Listener
from tests.collector.machine import CLASSES, DATA, bound, needs_namespaces, once, policies, put
from tests.servers import Mosquitto, wait_until


def test_b07_a_kernel_that_does_not_tell_when_it_was_started() -> None:
    read = once(bound("B07-stat", "/proc/stat"), "memory", "system", "cpu")
    assert read["system"]["boot_time"] is None
    assert read["system"]["uptime_seconds"] > 0
    assert read["memory"]["total_bytes"] > 0
    assert (read["cpu"]["core_count"], read["cpu"]["context_switches"]) == (2, 7066071)


def test_b09_a_line_of_lxcfs_with_seventeen_fields() -> None:
    disk = once(bound("B09-diskstats", "/proc/diskstats"), "disk")["disk"]
    assert (disk["devices"]["sda"]["write_count"], disk["devices"]["sda"]["write_bytes"]) == (2, 42 * 512)
    assert disk["partitions"]


def test_b09b_an_odd_line_costs_that_line() -> None:
    disk = once(bound("B09b-diskstats", "/proc/diskstats"), "disk")["disk"]
    assert sorted(disk["devices"]) == ["my disk", "sda"]
    assert disk["devices"]["my disk"]["read_count"] == 1
    assert disk["partitions"]


def test_b10_sys_block_that_is_not_readable() -> None:
    disk = once("mount -t tmpfs t /sys/block", "disk")["disk"]
    assert disk["partitions"]
    assert any(device["counted"] for device in disk["devices"].values())


def test_b11_a_frequency_that_nobody_knows() -> None:
    change = policies(*[(core, str(core), "<unknown>") for core in range(4)])
    cpu = once(f"{change}\n{bound('B11-stat4', '/proc/stat')}", "cpu")["cpu"]
    assert (cpu["frequency_mhz"], cpu["core_count"], len(cpu["per_core"])) == ([None] * 4, 4, 4)


@pytest.mark.parametrize(
    ("stat", "frequencies", "expected"),
    [
        ("B11-stat4", [(0, "0 1 2 3", 1500000)], [1500.0] * 4),
        ("B11-stat6", [(0, "0 1 2 3", 1416000), (4, "4 5", 1800000)], [1416.0] * 4 + [1800.0] * 2),
        (
            "B11-stat8",
            [(0, "0-3", 1000000), (4, "4-6", 2000000), (7, "7", 3000000)],
            [1000.0] * 4 + [2000.0] * 3 + [3000.0],
        ),
    ],
    ids=["b14 one policy", "b15 two clusters", "three clusters"],
)
def test_one_clock_drives_several_cores(
    stat: str, frequencies: list[tuple[int, str, int]], expected: list[float]
) -> None:
    change = (
        f"{policies(*frequencies)}\n{bound('B11-cpuinfo6arm', '/proc/cpuinfo')}\n{bound(stat, '/proc/stat')}"
    )
    assert once(change, "cpu")["cpu"]["frequency_mhz"] == expected


def test_b16_cores_that_are_off_keep_their_places() -> None:
    stat = f"grep -v '^cpu1 ' {DATA}/B11-stat4 > /run/stat\nmount --bind /run/stat /proc/stat"
    change = policies((0, "0", 1000000), (2, "2", 1002000), (3, "3", 1003000))
    cpu = once(f"mount -t tmpfs t /run\n{change}\n{stat}", "cpu")["cpu"]
    assert cpu["frequency_mhz"] == [1000.0, None, 1002.0, 1003.0]
    assert (len(cpu["per_core"]), cpu["core_count"]) == (4, 3)


SENSORS = [
    ("hwmon/hwmon0/name", "nct6793"),
    ("hwmon/hwmon0/temp1_input", 22000),
    ("hwmon/hwmon0/temp1_label", "SYSTIN"),
    ("hwmon/hwmon0/temp15_input", 3892313987),
    ("hwmon/hwmon4/temp1_input", 55000),
    ("hwmon/hwmon4/temp1_label", "foo"),
    ("x/applesmc.768/name", "applesmc"),
    ("x/applesmc.768/fan2_input", 1998),
    ("x/applesmc.768/fan2_label", "Right side"),
    ("x/via_cputemp.0/name", "via_cputemp"),
    ("x/via_cputemp.0/temp1_input", 61000),
    ("x/via_cputemp.0/temp1_label", "Core 0"),
    ("hwmon/hwmon2/index", 0),
    ("hwmon/hwmon5/index", 0),
]


def test_b20_to_b23_chips_as_drivers_show_them() -> None:
    files = [put(f"/sys/class/{path}", content) for path, content in SENSORS]
    links = [
        "ln -s /sys/class/x/applesmc.768 /sys/class/hwmon/hwmon2/device",
        "ln -s /sys/class/x/via_cputemp.0 /sys/class/hwmon/hwmon5/device",
    ]
    read = once("\n".join([CLASSES, *files, *links]), "sensors", "cpu")
    warm = {key: one["celsius"] for key, one in read["sensors"]["temperatures"].items()}
    assert warm == {
        "nct6793 SYSTIN": 22.0,
        "nct6793 temp15": None,
        "hwmon4 foo": 55.0,
        "via_cputemp Core 0": 61.0,
    }
    assert read["sensors"]["fans"]["applesmc Right side"]["rpm"] == 1998
    assert read["cpu"]["temperature_celsius"] == [61.0]


@pytest.mark.parametrize(
    ("zones", "celsius"),
    [
        ({"AO-therm": 41500, "CPU-therm": 38000, "GPU-therm": 36500, "PMIC-Die": 100000}, [38.0]),
        ({"acpitz": 27800, "x86_pkg_temp": 52000}, [52.0]),
    ],
    ids=["b24 jetson", "b26 n100"],
)
def test_a_board_with_thermal_zones_alone(zones: dict[str, int], celsius: list[float]) -> None:
    files = [
        put(f"/sys/class/thermal/thermal_zone{number}/{file}", content)
        for number, (name, thousandths) in enumerate(zones.items())
        for file, content in (("type", name), ("temp", thousandths))
    ]
    read = once("\n".join([CLASSES, *files]), "sensors", "cpu")
    assert read["cpu"]["temperature_celsius"] == celsius
    warm = {key: one["celsius"] for key, one in read["sensors"]["temperatures"].items()}
    assert warm == {name: thousandths / 1000 for name, thousandths in zones.items()}


def test_b27_a_laptop_whose_kernel_tells_the_type_in_a_file() -> None:
    battery = "/sys/class/power_supply/BAT0"
    files = f"{put(f'{battery}/type', 'Battery')}\ncp {DATA}/B27-uevent {battery}/uevent"
    sensors = once(f"{CLASSES}\n{files}", "sensors")["sensors"]
    assert (sensors["battery_percent"], sensors["battery_plugged"]) == (85.9, False)
    assert sensors["battery_seconds_left"] == 28955


def test_b32_swap_that_is_less_than_nothing() -> None:
    memory = once(bound("B32-meminfo", "/proc/meminfo"), "memory")["memory"]
    assert (memory["swap_total_bytes"], memory["swap_used_bytes"], memory["swap_percent"]) == (0, None, None)
    assert memory["usage_percent"] == 58.9


def test_b33_what_wsl_does_not_tell_is_null() -> None:
    memory = once(bound("B33-meminfo", "/proc/meminfo"), "memory")["memory"]
    assert [memory[f"{name}_bytes"] for name in ("cached", "buffers", "shared", "slab")] == [None] * 4
    assert memory["total_bytes"] == 16641664 * 1024


BRIDGE = """
mount -t tmpfs t /run
ip netns add far
ip link add veth0 type veth peer name veth1 netns far
ip link add br0 type bridge
ip link set veth0 master br0
ip addr add 10.9.0.1/24 dev br0
ip link set br0 up
ip link set veth0 up
ip -n far addr add 10.9.0.2/24 dev veth1
ip -n far link set veth1 up
"$0" -c '
import socket, time
sender = socket.socket(type=socket.SOCK_DGRAM)
for _ in range(1000):
    sender.sendto(bytes(1000), ("10.9.0.2", 9))
    time.sleep(0.005)
' &
"""


def test_b34_what_passes_a_bridge_and_its_veth_counts_once() -> None:
    network = once(BRIDGE, "network")["network"]
    veth, bridge = (network["interfaces"][name] for name in ("veth0", "br0"))
    assert (veth["kind"], veth["counted"], bridge["kind"], bridge["counted"]) == (
        "veth",
        True,
        "bridge",
        False,
    )
    assert bridge["bytes_sent_per_sec"] > 10_000
    assert network["bytes_sent_per_sec"] == veth["bytes_sent_per_sec"]


def test_b37_one_file_system_at_two_places_counts_once() -> None:
    change = """
    mount -t tmpfs t /mnt
    truncate -s 8M /mnt/disk
    mkfs.ext4 -q /mnt/disk
    mkdir /mnt/a /mnt/export
    mount -o loop /mnt/disk /mnt/a
    mount --bind /mnt/a /mnt/export
    """
    partitions = once(change, "disk")["disk"]["partitions"]
    assert [name for name in partitions if name.startswith("/mnt/")] == ["/mnt/a"]


def test_b45_hybrid_processors_whose_small_cores_rest(tmp_path: Path) -> None:
    (tmp_path / "perf").symlink_to(DATA / "B45-perf")
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    read = once(":", "perf_events", env=env)["perf_events"]
    assert read["events"]["cycles"]["value"] % 9000 == 0
    assert read["instructions_per_cycle"] == 2.0


HELD = "\n".join(
    [
        CLASSES,
        put("/sys/class/hwmon/hwmon0/name", "held"),
        "mkfifo /sys/class/hwmon/hwmon0/temp1_input",
    ]
)


def test_b60_a_read_that_does_not_come_back_costs_its_source() -> None:
    read = once(HELD, "sensors", "memory", "cpu")
    assert "sensors" not in read
    assert read["memory"]["total_bytes"] > 0
    assert read["cpu"]["usage_percent"] is not None


def test_b60_the_others_go_on_and_a_signal_ends_it_at_once(broker: Mosquitto, tmp_path: Path) -> None:
    needs_namespaces()
    command = (
        f'{HELD}\nexec "$0" -m perfwatch.cli collector --host nas --interval 500ms --data-dir {tmp_path}'
    )
    environ = os.environ | {"PERFWATCH_BROKER": broker.url, "PERFWATCH_SOURCES": "sensors,memory,cpu"}
    with Listener(broker.port) as listener:
        process = subprocess.Popen(["unshare", "--mount", "sh", "-ec", command, sys.executable], env=environ)
        try:
            wait_until(lambda: len(listener.topic("perfwatch/nas/memory")) >= 4, "readings of the others")
            assert b"no answer within" in listener.topic("perfwatch/nas/info")[-1]
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert time.monotonic() - began < 8
        finally:
            process.kill()
            process.wait(30)
