"""A disk that fills, under the spool, under the history or under both, and has room again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.conftest import Report
from tests.faults.field import field, locked

NO_SPACE = "No space left on device"


class Disk:
    """A real file system of 64 kB, or of more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, kilobytes: int) -> None:
        option = f"remount,size={kilobytes}k"
        subprocess.run(["mount", "-o", option, str(self.folder)], check=True)

    @contextmanager
    def read_only_at(self, folder: Path) -> Iterator[None]:
        """In place of `folder`, where nothing new can be made meanwhile."""
        subprocess.run(["mount", "-o", "bind,ro", str(self.folder), str(folder)], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small tmpfs (run as root)")
    yield Disk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_the_spools_disk_is_full_until_the_store_is_back(tmp_path: Path, disk: Disk, report: Report) -> None:
    with field(tmp_path) as one:
        one.bridge.environ["PERFWATCH_DATA_DIR"] = str(disk.folder)
        one.start()
        one.flow()
        with locked(one):
            one.bridge.wait_for("nothing is acknowledged until there is room")
            one.flow()
        report("spool's disk full, then the store is back", one.settle())
        assert NO_SPACE in one.bridge.log.read_text()


def test_the_spools_disk_has_room_again_before_the_store_is_back(
    tmp_path: Path, disk: Disk, report: Report
) -> None:
    with field(tmp_path) as one:
        one.bridge.environ["PERFWATCH_DATA_DIR"] = str(disk.folder)
        one.start()
        one.flow()
        with locked(one):
            one.bridge.wait_for("nothing is acknowledged until there is room")
            one.flow()
            disk.resize(20_000)
            one.bridge.wait_for("the spool can be written again")
            one.flow()
        report("spool's disk full, then room, then the store is back", one.settle())


def test_the_historys_disk_is_full(tmp_path: Path, disk: Disk, report: Report) -> None:
    with field(tmp_path, history=f"sqlite://{disk.folder / 'history.db'}") as one:
        disk.resize(256)
        one.start()
        one.bridge.wait_for("readings wait in")
        one.flow()
        disk.resize(50_000)
        report("SQLite's disk full, then room", one.settle())
        assert "disk is full" in one.bridge.log.read_text()


def test_the_one_disk_of_history_and_spool_is_full(tmp_path: Path, disk: Disk, report: Report) -> None:
    with field(tmp_path, history=f"sqlite://{disk.folder / 'history.db'}") as one:
        disk.resize(256)
        one.bridge.environ["PERFWATCH_DATA_DIR"] = str(disk.folder)
        one.start()
        one.bridge.wait_for("nothing is acknowledged until there is room")
        one.flow()
        disk.resize(50_000)
        report("the one disk of SQLite and spool full, then room", one.settle())


def test_the_spools_folder_can_only_be_read_until_the_store_is_back(
    tmp_path: Path, disk: Disk, report: Report
) -> None:
    with field(tmp_path) as one:
        one.start()
        one.flow()
        with disk.read_only_at(tmp_path / "data" / "spool" / "test"), locked(one):
            one.bridge.wait_for("nothing is acknowledged until there is room")
            one.flow()
        report("spool's disk turns read-only, then the store is back", one.settle())
        assert "Read-only file system" in one.bridge.log.read_text()
