from __future__ import annotations

from collector.sources.mdstat import parse
from perfwatch.readings.core import Array

TEXT = """\
Personalities : [raid1] [raid6] [raid5] [raid4]
md0 : active raid1 sdb1[1] sda1[0]
      1953382464 blocks super 1.2 [2/2] [UU]
      bitmap: 0/15 pages [0KB], 65536KB chunk

md127 : active (auto-read-only) raid5 sdd1[3] sdc1[1](F) sdb2[0]
      3906764800 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [U_U]
      [==>..................]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec

md1 : active raid1 sdf1[1] sde1[0]
      8 blocks [2/2] [UU]
        resync=DELAYED

md2 : inactive sdg1[1](S)
      976630464 blocks super 1.2

unused devices: <none>
"""


def test_arrays_are_told_with_what_is_missing_of_them_and_what_is_done_about_it() -> None:
    assert parse(TEXT) == {
        "md0": Array(level="raid1", state="active", disks=2, disks_active=2),
        "md127": Array(
            level="raid5", state="degraded", disks=3, disks_active=2, work="recovery", work_percent=12.6
        ),
        "md1": Array(level="raid1", state="active", disks=2, disks_active=2, work="resync"),
        "md2": Array(state="inactive"),
    }


def test_without_arrays_there_are_none() -> None:
    assert parse("Personalities : \nunused devices: <none>\n") == {}
