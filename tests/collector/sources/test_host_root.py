"""A collector in a container, whose machine is mounted at /host: recorded in one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collector.host import os_name
from collector.sources.host_root import ROOT, host_root, os_release, own_name
from collector.sources.mounts import parse
from collector.sources.partitions import Partitions
from collector.sources.system import System
from tests.collector.recording import tick

RECORDED = Path(__file__).parents[1] / "recordings" / "container"


def test_a_system_mounted_at_host_is_the_machine(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    assert host_root(tmp_path, lambda _path: True) == tmp_path


def test_a_folder_that_is_only_called_so_is_not(tmp_path: Path) -> None:
    assert host_root(tmp_path, lambda _path: True) == ROOT
    (tmp_path / "etc").mkdir()
    assert host_root(tmp_path) == ROOT
    assert host_root(tmp_path / "none") == ROOT


@pytest.mark.parametrize(
    ("seen", "own"),
    [("/host", "/"), ("/host/boot/efi", "/boot/efi"), ("/", None), ("/data", None), ("/hostess", None)],
)
def test_mount_points_have_the_machine_s_own_names(seen: str, own: str | None) -> None:
    assert own_name(seen, Path("/host")) == own


def test_outside_of_a_container_names_stay() -> None:
    assert own_name("/boot", ROOT) == "/boot"


def partitions() -> dict[str, tuple[str | None, str | None]]:
    """What is read in the container whose mounts were recorded, as psutil's own filter leaves them."""
    mountinfo = (RECORDED / "mountinfo").read_text()
    asked: list[str] = []

    def usage(mountpoint: str) -> os.statvfs_result:
        asked.append(mountpoint)
        return os.statvfs_result((4096, 1, 1000, 700, 600, 50, 25, 25, 0, 255))

    mounts = parse(mountinfo, frozenset({"ext4", "vfat"}))
    found = Partitions(lambda: mounts, usage, lambda path: path.startswith("/etc/"), Path("/host")).read()
    assert all(path.startswith("/host") for path in asked)
    return {name: (one.device, one.fstype) for name, one in found.items()}


def test_a_container_s_partitions_are_the_machine_s() -> None:
    assert partitions() == {"/": ("/dev/vda", "ext4"), "/boot/efi": ("/dev/vdb", "vfat")}


def test_the_system_s_name_is_the_machine_s_own(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text(
        '# of the host\nPRETTY_NAME="Ubuntu 24.04.2 LTS"\nID=ubuntu\n'
    )
    assert os_name(lambda: os_release(tmp_path)) == "Ubuntu 24.04.2 LTS"


def test_a_machine_without_a_name_for_itself_has_its_kernel_s(tmp_path: Path) -> None:
    assert os_name(lambda: os_release(tmp_path), lambda: "").startswith("Linux ")


def test_users_of_the_machine_are_those_whom_its_systemd_knows(tmp_path: Path) -> None:
    sessions = tmp_path / "run/systemd/sessions"
    sessions.mkdir(parents=True)
    (tmp_path / "run/systemd/system").mkdir()
    (sessions / "3").write_text("USER=ada\nREMOTE=1\nCLASS=user\nSTATE=active\n")
    system = System(utmp=tmp_path / "none", sessions=sessions, systemd=tmp_path / "run/systemd/system")
    reading = system.gather(tick(0))
    assert (reading.user_count, list(reading.users)) == (1, ["ada"])
