from __future__ import annotations

import os

import pytest
from psutil._ntuples import sdiskpart, sdiskusage

from collector.sources.partitions import Partitions
from perfwatch.readings import Partition


def mount(mountpoint: str, device: str = "/dev/sda1", fstype: str = "ext4") -> sdiskpart:
    """psutil's own tuple."""
    return sdiskpart(device, mountpoint, fstype, "rw,relatime")


def usage(_mountpoint: str) -> sdiskusage:
    return sdiskusage(1000, 300, 600, 33.3)


def read(*mounts: sdiskpart) -> dict[str, Partition]:
    return Partitions(lambda: list(mounts), usage, lambda path: path.startswith("/etc/")).read()


def test_a_mount_has_its_device_and_sizes() -> None:
    expected = Partition(
        device="/dev/sda1",
        fstype="ext4",
        total_bytes=1000,
        used_bytes=300,
        free_bytes=600,
        usage_percent=33.3,
    )
    assert read(mount("/")) == {"/": expected}


def test_images_that_are_always_full_are_left_out() -> None:
    assert list(read(mount("/"), mount("/snap/core/1", "/dev/loop0", "squashfs"))) == ["/"]


def test_one_device_on_two_mount_points_is_listed_at_both() -> None:
    assert list(read(mount("/"), mount("/srv"))) == ["/", "/srv"]


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
    def asked(mountpoint: str) -> sdiskusage:
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
