from __future__ import annotations

import os
import threading

import pytest

from collector.sources.mounts import Mount
from collector.sources.partitions import Partitions
from perfwatch.readings.core import Partition
from tests.servers import wait_until


def mount(mountpoint: str, device: str = "/dev/sda1", fstype: str = "ext4") -> Mount:
    return Mount(mountpoint, device, fstype)


def usage(_mountpoint: str) -> os.statvfs_result:
    """A thousand blocks of one byte, of which a user may have six hundred, and half of the inodes."""
    return os.statvfs_result((4096, 1, 1000, 700, 600, 50, 25, 25, 0, 255))


def read(*mounts: Mount) -> dict[str, Partition]:
    return Partitions(lambda: list(mounts), usage, lambda path: path.startswith("/etc/")).read()


def test_a_mount_has_its_device_and_sizes() -> None:
    expected = Partition(
        device="/dev/sda1",
        fstype="ext4",
        total_bytes=1000,
        used_bytes=300,
        free_bytes=600,
        usage_percent=33.33,
        inodes_total=50,
        inodes_used=25,
        inodes_percent=50.0,
    )
    assert read(mount("/")) == {"/": expected}


def test_a_file_system_that_makes_inodes_as_it_needs_them_has_none_to_count() -> None:
    btrfs = os.statvfs_result((4096, 1, 1000, 700, 600, 0, 0, 0, 0, 255))
    found = Partitions(lambda: [mount("/")], lambda _path: btrfs, lambda _path: False).read()["/"]
    assert (found.inodes_total, found.inodes_percent, found.used_bytes) == (None, None, 300)


def test_a_file_system_that_does_not_tell_its_size_has_none() -> None:
    nothing = os.statvfs_result((4096, 4096, 0, 0, 0, 0, 0, 0, 0, 255))
    found = Partitions(lambda: [mount("/")], lambda _path: nothing, lambda _path: False).read()["/"]
    assert (found.total_bytes, found.used_bytes, found.free_bytes) == (None, None, None)


def test_more_free_than_there_is_is_null() -> None:
    nonsense = os.statvfs_result((4096, 1, 1000, 2000, 2000, 10, 20, 20, 0, 255))
    found = Partitions(lambda: [mount("/")], lambda _path: nonsense, lambda _path: False).read()["/"]
    assert (found.total_bytes, found.used_bytes, found.free_bytes) == (1000, None, None)
    assert (found.usage_percent, found.inodes_used) == (None, None)


def test_of_two_mounts_on_one_mount_point_the_later_is_kept() -> None:
    assert read(mount("/mnt"), mount("/mnt", "/dev/sdb1"))["/mnt"].device == "/dev/sdb1"


def test_a_file_mounted_into_a_container_is_no_file_system() -> None:
    assert list(read(mount("/data"), mount("/etc/hosts"))) == ["/data"]


def test_a_container_without_devices_has_its_root() -> None:
    found = read(mount("/etc/hosts"))
    assert list(found) == ["/"]
    assert (found["/"].device, found["/"].total_bytes) == (None, 1000)


@pytest.mark.parametrize("error", [PermissionError(13, "x"), FileNotFoundError(2, "x"), OSError(5, "x")])
def test_a_mount_that_cannot_be_asked_has_no_sizes_and_stops_no_other(error: OSError) -> None:
    def asked(mountpoint: str) -> os.statvfs_result:
        if mountpoint == "/locked":
            raise error
        return usage(mountpoint)

    found = Partitions(lambda: [mount("/locked"), mount("/")], asked, lambda _path: False).read()
    assert found["/locked"] == Partition(device="/dev/sda1", fstype="ext4")
    assert found["/"].total_bytes == 1000


def test_the_real_machine_agrees_with_statvfs() -> None:
    for mountpoint, partition in Partitions().read().items():
        asked = os.statvfs(mountpoint)
        assert partition.total_bytes == asked.f_blocks * asked.f_frsize
        assert partition.usage_percent is not None
        assert 0 <= partition.usage_percent <= 100
        # Others write between the two looks.
        assert partition.free_bytes == pytest.approx(asked.f_bavail * asked.f_frsize, rel=0.05)


def test_a_mount_that_never_answers_costs_its_sizes_alone_and_is_taken_again() -> None:
    let = threading.Event()

    def asked(mountpoint: str) -> os.statvfs_result:
        if mountpoint == "/mnt/nas":
            assert let.wait(60)
        return usage(mountpoint)

    mounts = [mount("/mnt/nas", "nas:/export", "fuse.mergerfs"), mount("/")]
    partitions = Partitions(lambda: mounts, asked, lambda _path: False)
    for _ in range(3):
        found = partitions.read()
        assert (list(found), found["/"].total_bytes) == (["/mnt/nas", "/"], 1000)
        assert found["/mnt/nas"] == Partition(device="nas:/export", fstype="fuse.mergerfs")
        assert "no answer within" in str(partitions.errors["/mnt/nas"])
    let.set()
    wait_until(lambda: partitions.read()["/mnt/nas"].total_bytes == 1000, "it is back")
    wait_until(lambda: not partitions.read() or not partitions.errors, "it is quick again")
