"""State files are made by the rules of smartd's own source: a line is left out when its number is 0."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collector.sources.smartd import BY_ID, FOLDER, LOOK_SECONDS, Drives, parse
from perfwatch.readings.core import Drive

ATA = """\
# smartd state file
temperature-min = 21
temperature-max = 47
self-test-errors = 1
self-test-last-err-hour = 20117
scheduled-test-next-check = 1795964250
ata-error-count = 3
ata-smart-attribute.0.id = 1
ata-smart-attribute.0.val = 200
ata-smart-attribute.1.id = 5
ata-smart-attribute.1.val = 198
ata-smart-attribute.1.raw = 24
ata-smart-attribute.2.id = 9
ata-smart-attribute.2.raw = 188978581140
ata-smart-attribute.3.id = 197
ata-smart-attribute.3.val = 200
"""
NVME = """\
# smartd state file
nvme-err-log-entries = 12
nvme-available-spare = 100
nvme-percentage-used = 4
"""


def test_what_a_drive_counts_is_told_and_what_it_does_not_is_null() -> None:
    assert parse(ATA) == Drive(
        state="ok", reallocated_sectors=24, pending_sectors=0, power_on_hours=20116, self_test_errors=1
    )
    assert parse(NVME) == Drive(
        state="ok", self_test_errors=0, media_errors=0, spare_percent=100, wear_percent=4
    )
    older = "# smartd state file\nnvme-err-log-entries = 12\n"
    assert parse(older) == Drive(state="ok", self_test_errors=0)


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("mail.1.count = 1", "failing"),
        ("mail.2.count = 3", "warning"),
        ("mail.10.count = 1", "warning"),
        ("mail.12.count = 1", "ok"),  # it was hot once
        ("mail.1.count = many", "ok"),
    ],
)
def test_the_state_is_what_smartd_has_warned_of(line: str, state: str) -> None:
    assert parse(f"{ATA}{line}\n").state == state


def state_file(root: Path, name: str, text: str) -> Path:
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text)
    return file


def link(root: Path, name: str, device: str) -> None:
    (root / BY_ID).mkdir(parents=True, exist_ok=True)
    (root / BY_ID / name).symlink_to(f"../../{device}")


def test_a_drive_has_the_name_of_its_device(tmp_path: Path) -> None:
    state_file(tmp_path, "smartd.WDC_WD40EFRX_68N32N0-WD_WCC7K0000001.ata.state", ATA)
    state_file(tmp_path, "smartd.WDC_WD40EFRX_68N32N0-WD_WCC7K0000001.ata.state~", ATA)
    state_file(tmp_path, "smartd.Some_SSD-S1.nvme.state", NVME)
    state_file(tmp_path, "attrlog.Some_SSD-S1.nvme.csv", "")
    link(tmp_path, "ata-WDC_WD40EFRX-68N32N0_WD-WCC7K0000001", "sdb")
    link(tmp_path, "ata-WDC_WD40EFRX-68N32N0_WD-WCC7K0000001-part1", "sdb1")
    link(tmp_path, "wwn-0x50014ee2b0000000", "sdb")
    assert list(Drives(tmp_path).read()) == ["Some_SSD-S1", "sdb"]


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    file = state_file(tmp_path, "smartd.Some_SSD-S1.nvme.state", NVME)
    read: list[str] = []

    def reading(path: str) -> str:
        read.append(path)
        return Path(path).read_text()

    now = [0.0]
    drives = Drives(tmp_path, reading, lambda: now[0])
    first = drives.read()
    now[0] = LOOK_SECONDS
    assert drives.read() == first
    assert len(read) == 1
    file.write_text(NVME + "mail.1.count = 1\n")
    now[0] = 2 * LOOK_SECONDS
    os.utime(file, ns=(1, 1))
    assert drives.read()["Some_SSD-S1"].state == "failing"


def test_without_smartd_there_are_none_and_an_unreadable_file_costs_its_drive(tmp_path: Path) -> None:
    assert Drives(tmp_path).read() == {}
    state_file(tmp_path, "smartd.A-1.ata.state", ATA)
    state_file(tmp_path, "smartd.B-2.ata.state", ATA)

    def refuses(path: str) -> str:
        if "A-1" in path:
            raise PermissionError(path)
        return Path(path).read_text()

    found = Drives(tmp_path, refuses).read()
    assert (found["A-1"], found["B-2"].reallocated_sectors) == (Drive(), 24)


def test_numbers_that_no_drive_counts_are_left_out() -> None:
    huge = "9" * 5000
    text = f"nvme-available-spare = 100\nnvme-media-errors = {huge}\nnvme-percentage-used = 4294967296\n"
    drive = parse(text)
    assert (drive.spare_percent, drive.wear_percent) == (100, None)
