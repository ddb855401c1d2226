"""Faults that people reported to monitors: what the system tells, given to the source as text."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.sources import diskstats, net_dev, proc_stat
from collector.sources.amd import Amd
from collector.sources.containers import Containers
from collector.sources.cpu import Cpu
from collector.sources.disk import Disk
from collector.sources.gpu import Gpu
from collector.sources.interfaces import Interfaces
from collector.sources.network import Network
from collector.sources.partitions import Partitions
from collector.sources.processes import Processes
from perfwatch.readings import core
from perfwatch.readings.optional import Gpu as Card
from tests.collector.engine import Engine, ok
from tests.collector.folders import lay_out
from tests.collector.machine import DATA
from tests.collector.recording import recorded, tick
from tests.collector.sources.test_containers import LISTED, gathered, stats
from tests.collector.sources.test_interfaces import refused
from tests.collector.sources.test_processes import stat

NOWHERE = Path("/nowhere")
MEGABYTE = 1_000_000


def cpu(*names: str) -> core.Cpu:
    """The reading after those recorded moments of /proc/stat, five seconds apart."""
    steps = iter([proc_stat.parse((DATA / name).read_text()) for name in names])
    source = Cpu(stat=lambda: next(steps))
    return [source.gather(tick(5.0 * number)) for number in range(len(names))][-1]


def test_b17_with_smt_off_the_second_core_is_number_two() -> None:
    assert cpu("B17-stat.0", "B17-stat.1").per_core == [0.0, None, 100.0]


def test_b19_waiting_for_disks_slips_back_and_usage_is_told() -> None:
    reading = cpu("B19-stat.0", "B19-stat.1")
    assert reading.usage_percent == pytest.approx(42.2, abs=1)
    assert reading.iowait is None
    assert reading.user == pytest.approx(40.2, abs=1)
    assert reading.per_core == [pytest.approx(82.0, abs=1), pytest.approx(2.0, abs=1)]


def test_b19b_stolen_time_begins_anew_after_a_migration() -> None:
    steps = iter(
        [proc_stat.parse(f"cpu 100 0 50 {idle} 0 0 0 {steal}\n") for idle, steal in ((100, 5000), (600, 0))]
    )
    source = Cpu(stat=lambda: next(steps))
    source.gather(tick(0))
    reading = source.gather(tick(5))
    assert (reading.usage_percent, reading.idle, reading.steal) == (0.0, 100.0, None)


def network(*names: str) -> core.Network:
    """Those interfaces after a second in which a megabyte went each way through every one of them."""
    steps = iter(
        [
            net_dev.parse("".join(f"{name}: {moved} 1 0 0 0 0 0 0 {moved} 1 0 0 0 0 0 0\n" for name in names))
            for moved in (0, MEGABYTE)
        ]
    )
    source = Network(lambda: next(steps), recorded, Interfaces(refused, refused, NOWHERE))
    source.gather(tick(0))
    return source.gather(tick(1))


@pytest.mark.parametrize(
    ("names", "megabytes"),
    [
        ("eth0 eth0.100", 1),
        ("eth0 docker0 veth1a2b3c4", 1),
        ("eno1 vmbr0 tap100i0 fwbr100i0 fwpr100p0 fwln100i0", 1),
        ("eth0 wg0", 1),
        ("eth0 eth1 bond0", 2),
        ("eth0 eth1 bond0 br0 docker0 veth1", 2),
    ],
)
def test_b34_a_byte_counts_once(names: str, megabytes: int) -> None:
    reading = network(*names.split())
    assert (reading.bytes_sent_per_sec, reading.bytes_recv_per_sec) == (megabytes * 1e6, megabytes * 1e6)
    assert all(one.bytes_sent_per_sec == 1e6 for one in reading.interfaces.values())


@pytest.mark.parametrize(
    ("names", "megabytes"),
    [
        ("sda sdb emcpowera", 2),
        ("sda sda1 sda2 dm-0 md0", 1),
        ("nvme0n1 nvme0n1p1 nvme0n1p2 nvme0c0n1", 1),
        ("mmcblk0 mmcblk0p1 mmcblk0boot0", 2),
        ("sda sdb sdaa sdaa1 sddlmaa", 3),
    ],
)
def test_b36_a_disk_counts_once_without_sys(names: str, megabytes: int) -> None:
    sectors = MEGABYTE // 512
    steps = iter(
        [
            diskstats.parse(
                "".join(f"8 0 {name} 1 0 {moved} 1 1 0 {moved} 1 0 1 1\n" for name in names.split())
            )
            for moved in (0, sectors)
        ]
    )
    source = Disk(lambda: next(steps), Partitions(list), "/nowhere")
    source.gather(tick(0))
    assert source.gather(tick(1)).read_bytes_per_sec == megabytes * sectors * 512


def test_b13_one_broken_driver_of_two_costs_its_own_cards(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> dict[str, Card]:
        raise OSError("NVIDIA's driver: GPU is lost")

    source = Gpu(broken, lambda: {"card0": Card(vendor="AMD")})
    for second in range(3):
        assert list(source.gather(tick(second)).gpus) == ["card0"]
    assert source.missing == "NVIDIA: OSError: NVIDIA's driver: GPU is lost"
    assert len(caplog.records) == 1


def test_b55_an_accelerator_without_an_edge_is_as_warm_as_its_hottest_place(tmp_path: Path) -> None:
    monitor = "card0/device/hwmon/hwmon1"
    files: dict[str, str | int] = {
        "card0/device/vendor": "0x1002",
        f"{monitor}/temp2_input": 71000,
        f"{monitor}/temp2_label": "junction",
        f"{monitor}/temp3_input": 64000,
        f"{monitor}/temp3_label": "mem",
    }
    assert Amd(lay_out(tmp_path, files)).read()["card0"].temperature_celsius == 71.0


def test_b57_processes_of_others_are_hidden_and_not_counted_as_none(tmp_path: Path) -> None:
    (tmp_path / "77").mkdir()
    (tmp_path / "77/stat").write_bytes(stat(77))
    source = Processes(str(tmp_path))
    reading = source.gather(tick(0))
    assert (reading.count, reading.threads, reading.running, reading.top) == (None, None, None, {})
    assert "hidepid" in (source.missing or "")


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        yield Path(folder) / "engine.sock"


def test_b41_a_container_that_answers_late_costs_its_own_numbers(path: Path) -> None:
    listed = [{"Id": f"id{number}", "Names": [f"/c{number}"], "State": "running"} for number in range(5)]

    def reply(way: str) -> bytes:
        if "id2" in way:
            threading.Event().wait(2.5)
        return ok(listed if "/json" in way else stats())

    with Engine(path, reply):
        found = gathered(Containers(lambda: [("docker", path)], every=0.0)).containers
    assert len(found) == 5
    assert [name for name, one in found.items() if one.memory_bytes is None] == ["c2"]


@pytest.mark.parametrize("first", [True, False])
def test_b42_a_socket_that_nobody_listens_on_hides_no_other_engine(path: Path, first: bool) -> None:
    stale = path.with_name("stale.sock")
    with Engine(stale, lambda _way: ok([])):
        pass  # its socket stays when it has ended
    with Engine(path, lambda way: ok(LISTED if "/json" in way else stats())):
        places = [("podman", stale), ("docker", path)]
        source = Containers(lambda: places if first else places[::-1], every=0.0)
        assert list(gathered(source).containers) == ["web", "old job"]
        assert "stale.sock" in (source.missing or "")


def test_b43_a_linked_container_has_its_own_name(path: Path) -> None:
    listed = [{"Id": "aa11", "Names": ["/web/db", "/db"], "State": "exited"}]
    with Engine(path, lambda _way: ok(listed)):
        assert list(gathered(Containers(lambda: [("docker", path)], every=0.0)).containers) == ["db"]


def test_one_engine_under_two_names_counts_once(path: Path) -> None:
    docker = path.with_name("docker.sock")
    docker.symlink_to(path)
    with Engine(path, lambda way: ok(LISTED if "/json" in way else stats())):
        source = Containers(lambda: [("docker", docker), ("podman", path)], every=0.0)
        assert gathered(source).count == 2
