from __future__ import annotations

import os

import pytest
from psutil._ntuples import sdiskpart, sdiskusage

from collector.sources.partitions import Partitions, shown_again
from perfwatch.readings.core import Partition


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


# A file system at /, a service's private /tmp and state folder as systemd mounts them, /tmp a disk of
# its own further down, and a volume with a space in its name.
SANDBOX = """\
22 1 254:0 / / ro,relatime shared:1 - ext4 /dev/sda1 rw
30 22 254:0 /tmp/systemd-private-1f-x.service/tmp /tmp rw,relatime - ext4 /dev/sda1 rw
31 22 254:0 /var/lib/private/perfwatch /var/lib/private/perfwatch rw - ext4 /dev/sda1 rw
32 22 254:0 /srv/a\\040b /mnt/a\\040b rw - ext4 /dev/sda1 rw
33 22 8:17 / /var/tmp rw - ext4 /dev/sdb1 rw
34 33 8:17 /systemd-private-1f-x.service/tmp /var/tmp rw - ext4 /dev/sdb1 rw
"""

BTRFS = """\
25 1 0:22 /@ / rw,relatime - btrfs /dev/sda2 rw,space_cache,subvolid=256,subvol=/@
26 25 0:22 /@home /home rw,relatime - btrfs /dev/sda2 rw,subvolid=257,subvol=/@home
27 25 0:22 /@/srv/web /mnt/web rw,relatime - btrfs /dev/sda2 rw,subvolid=256,subvol=/@
"""

CONTAINER = """\
600 500 0:50 / / rw - overlay overlay rw,lowerdir=/x
601 600 254:0 /var/lib/docker/volumes/v/_data /data rw - ext4 /dev/sda1 rw
602 600 254:0 /var/lib/docker/containers/1/hosts /etc/hosts rw - ext4 /dev/sda1 rw
"""


@pytest.mark.parametrize(
    ("mountinfo", "again"),
    [
        (SANDBOX, {"/tmp", "/var/lib/private/perfwatch", "/mnt/a b"}),
        (BTRFS, {"/mnt/web"}),
        (CONTAINER, set()),
    ],
    ids=["under systemd", "btrfs", "in a container"],
)
def test_a_part_of_what_is_mounted_as_a_whole_is_not_counted_again(mountinfo: str, again: set[str]) -> None:
    assert shown_again(mountinfo) == again


def test_a_bind_mount_is_no_file_system() -> None:
    mounts = [mount("/"), mount("/tmp"), mount("/var/tmp", "/dev/sdb1")]
    kept = Partitions(lambda: mounts, usage, lambda _path: False, lambda _path: SANDBOX).read()
    assert list(kept) == ["/", "/var/tmp"]
