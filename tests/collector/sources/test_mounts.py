from __future__ import annotations

import select
import subprocess
import sys
from types import SimpleNamespace

import pytest

from collector.sources import mounts
from collector.sources.mounts import Mount, Mounts, on_device, once, parse
from tests.collector.machine import needs_namespaces

TYPES = frozenset({"ext4", "btrfs", "xfs", "vfat", "fuseblk"})


def shown(mountinfo: str) -> list[str]:
    return [mount.mountpoint for mount in once(parse(mountinfo, TYPES))]


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

# One file system, whole, at two places, as OpenMediaVault's shares are.
TWICE = """\
50 22 8:1 / /srv/dev-disk rw - ext4 /dev/sda1 rw
51 22 8:1 / /srv rw - ext4 /dev/sda1 rw
"""

# Pools of disks, an unraid array, a WSL's Windows, a network mount and a virtual machine's share.
POOLS = """\
22 1 254:0 / / rw - ext4 /dev/sda1 rw
60 22 0:60 / /mnt/pool rw - fuse.mergerfs disk1:disk2 rw,user_id=0
61 22 0:61 / /mnt/user rw - fuse.shfs shfs rw
62 22 0:62 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\
63 22 0:63 / /mnt/far rw - nfs4 far:/export rw
64 22 0:64 / /mnt/share rw - 9p hostshare rw,trans=virtio
65 22 0:65 / /mnt/ssh rw - fuse.sshfs ada@far: rw
"""


@pytest.mark.parametrize(
    ("mountinfo", "expected"),
    [
        (SANDBOX, ["/", "/var/tmp"]),
        (BTRFS, ["/", "/home"]),
        (CONTAINER, ["/data", "/etc/hosts"]),
        (TWICE, ["/srv"]),
        (POOLS, ["/", "/mnt/pool", "/mnt/user", "/mnt/c"]),
    ],
    ids=["under systemd", "btrfs", "in a container", "mounted at two places", "pools"],
)
def test_a_file_system_counts_once(mountinfo: str, expected: list[str]) -> None:
    assert shown(mountinfo) == expected


def test_of_two_on_one_mount_point_the_later_is_seen() -> None:
    mounts = [Mount("/mnt", "/dev/sda1", "ext4", "8:1 /"), Mount("/mnt", "/dev/sdb1", "xfs", "8:17 /")]
    assert [mount.device for mount in once(mounts)] == ["/dev/sdb1"]


def test_images_that_are_always_full_are_left_out() -> None:
    assert shown("40 22 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro\n") == []


def test_types_that_need_no_device_are_not_on_one() -> None:
    assert on_device("nodev\tsysfs\nnodev\tnfs4\n\text4\n\tfuseblk\n") == {"ext4", "fuseblk"}


@pytest.mark.parametrize("line", ["", "22 1 254:0 / /", "a b c d e f - ext4", " - - - ", "\udcff"])
def test_a_line_that_is_no_mount_costs_that_line(line: str) -> None:
    assert shown(f"{line}\n{SANDBOX}") == ["/", "/var/tmp"]


def test_they_are_read_again_when_the_kernel_says_so_or_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, now = list[str](), [0.0]

    def reads(path: str) -> bytes:
        read.append(path)
        return SANDBOX.encode()

    told: list[list[tuple[int, int]]] = [[], [], [(0, select.POLLERR)], [], []]
    monkeypatch.setattr(mounts, "read_bytes", reads)
    monkeypatch.setattr(select, "poll", lambda: SimpleNamespace(register=max, poll=lambda _: told.pop(0)))
    watched = Mounts(lambda: now[0])
    counts = []
    for second in (0.0, 5.0, 10.0, 15.0, 70.0):
        now[0] = second
        assert watched()
        counts.append(len(read))
    assert counts == [1, 1, 2, 2, 3]


COUNTED = """
import os
from collector.sources import mounts
read, real = [], mounts.read_bytes
mounts.read_bytes = lambda path: read.append(path) or real(path)
watched = mounts.Mounts()
watched(), watched(), print(len(read))
os.system("mount -t tmpfs t /mnt")
watched(), watched(), print(len(read))
"""


def test_the_kernel_says_that_something_was_mounted() -> None:
    needs_namespaces()
    command = ["unshare", "--mount", sys.executable, "-c", COUNTED]
    assert subprocess.run(command, capture_output=True, check=True).stdout.split() == [b"1", b"2"]
