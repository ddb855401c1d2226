"""Files of before the journal: read once, at the upgrade."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.bridge.spools import Opener, damage, numbered, taken

START_MS = 1_795_000_000_000  # of the recording


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    shutil.copytree(Path(__file__).parent / "recordings" / "spool", folder := tmp_path / "spool")
    return folder


def test_files_of_before_the_journal_are_read_once_and_then_new_ones(
    old_folder: Path, open_spool: Opener
) -> None:
    spool = open_spool(old_folder)
    assert spool.depth.readings == 40
    spool.append(numbered(START_MS + 20), 2)
    spool.close()
    spool = open_spool(old_folder)
    expected = [START_MS + number for number in range(20) for _ in range(2)]
    assert (taken(spool), spool.damaged) == ([*expected, START_MS + 20], 0)
    assert [path.name for path in old_folder.iterdir()] == ["lock"]


def test_damage_in_a_file_of_before_costs_that_record_only(old_folder: Path, open_spool: Opener) -> None:
    damage(min(old_folder.glob("*.spool")), 160)
    os.truncate(max(old_folder.glob("*.spool")), 600)  # a torn end, which nobody was told is kept
    spool = open_spool(old_folder)
    assert (len(taken(spool)), spool.damaged) == (36, 1)
