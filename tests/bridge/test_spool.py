"""What waits on disk: in order, bounded, and readable after whatever happened to the disk."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from bridge.spool import Depth, Spool
from perfwatch.errors import JournalError, StartError
from perfwatch.history.store import Point

START_MS = 1_795_000_000_000  # of the recording

Opener: TypeAlias = Callable[..., Spool]


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def numbered(number: int, size: int = 1) -> list[Point]:
    fields = {f"field_{place}": float(number) for place in range(size)}
    return [Point("cpu", "nas", "core", "0", number, fields)]


def taken(spool: Spool) -> list[int]:
    """The numbers of all that waits, in the order in which it is given out; the spool is empty then."""
    found: list[int] = []
    while (chunk := spool.oldest()) is not None:
        found += [point.time for point in chunk.points]
        spool.done()
    return found


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Opener]:
    opened: list[Spool] = []

    def opener(folder: Path = tmp_path / "spool", size: int = 10**9, clock: Clock | None = None) -> Spool:
        clock = clock or Clock()
        spool = Spool(folder, size, 3600.0, clock, clock)
        opened.append(spool)
        spool.open()
        return spool

    yield opener
    for spool in opened:
        spool.close()


def damage(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def files(spool: Spool) -> list[Path]:
    return sorted(spool.folder.glob("*.journal"))


def test_it_gives_out_what_it_was_given_in_order(open_spool: Opener) -> None:
    spool = open_spool()
    points = [Point("disk", "näs", "mountpoint", "/", -5, {"usage_percent": 0.1, "free_bytes": 1e300})]
    spool.append(points, 1)
    chunk = spool.oldest()
    assert chunk is not None
    assert (chunk.points, chunk.readings) == (points, 1)
    spool.done()
    assert (spool.oldest(), spool.empty, files(spool)) == (None, True, [])


def test_what_is_not_done_is_given_out_again(open_spool: Opener) -> None:
    spool = open_spool()
    spool.append(numbered(1), 1)
    assert spool.oldest() == spool.oldest()
    assert taken(spool) == [1]


def test_it_takes_in_while_it_gives_out(open_spool: Opener) -> None:
    spool = open_spool()
    spool.append(numbered(1), 1)
    spool.oldest()
    spool.append(numbered(2), 1)
    spool.done()
    assert taken(spool) == [2]
    spool.append(numbered(3), 1)
    assert taken(spool) == [3]


def test_order_goes_over_files_and_space_comes_back_with_each(
    open_spool: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.spool.SEGMENT_BYTES", 200)
    monkeypatch.setattr("bridge.spool.CHUNK_BYTES", 1)
    spool = open_spool()
    for number in range(50):
        spool.append(numbered(number), 1)
    count = len(files(spool))
    assert count > 10
    for _ in range(25):
        spool.oldest()
        spool.done()
    assert len(files(spool)) < count * 0.6
    assert taken(spool) == list(range(25, 50))


def test_the_depth_says_how_much_waits_and_since_when(open_spool: Opener) -> None:
    clock = Clock()
    spool = open_spool(clock=clock)
    assert spool.depth == Depth(0, 0, None)
    spool.append(numbered(1), 3)
    clock.now += 10
    spool.append(numbered(2), 4)
    assert spool.depth == Depth(7, files(spool)[0].stat().st_size, clock.now - 10)


def test_a_new_run_goes_on_where_the_last_was_killed(open_spool: Opener) -> None:
    first = open_spool()
    first.append(numbered(1), 1)
    first.append(numbered(2), 1)
    first.close()
    second = open_spool()
    second.append(numbered(3), 1)
    assert second.depth.readings == 3
    assert taken(second) == [1, 2, 3]


def test_a_torn_tail_is_left_out_and_is_no_damage(open_spool: Opener) -> None:
    first = open_spool()
    first.append(numbered(1), 1)
    whole = files(first)[0].stat().st_size
    first.append(numbered(2), 1)
    first.close()
    os.truncate(files(first)[0], whole + 30)
    second = open_spool()
    second.append(numbered(3), 1)
    assert (taken(second), second.damaged) == ([1, 3], 0)


def test_a_damaged_record_is_counted_and_said_and_the_others_are_kept(
    open_spool: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    first = open_spool()
    for number in range(3):
        first.append(numbered(number), 1)
    first.close()
    path = files(first)[0]
    damage(path, path.stat().st_size // 2)
    second = open_spool()
    assert second.damaged == 1
    assert taken(second) == [0, 2]
    assert f"{path} has 1 damaged places: 1 readings are known to be lost" in caplog.text


def test_a_file_of_garbage_stops_nothing(open_spool: Opener) -> None:
    first = open_spool()
    first.append(numbered(1), 1)
    first.close()
    (first.folder / "000000000000.journal").write_bytes(os.urandom(5000))
    second = open_spool()
    assert (taken(second), second.damaged, files(second)) == ([1], 1, [])


def test_past_its_size_it_refuses_and_names_the_setting(open_spool: Opener) -> None:
    spool = open_spool(size=500)
    spool.append(numbered(1), 1)
    with pytest.raises(JournalError, match=r"is full \(PERFWATCH_SPOOL_SIZE=500\)"):
        spool.append(numbered(2, 100), 1)
    assert taken(spool) == [1]
    spool.append(numbered(3), 1)
    assert taken(spool) == [3]


def test_what_waited_for_too_long_is_left_out_and_counted(open_spool: Opener) -> None:
    clock = Clock()
    spool = open_spool(clock=clock)
    spool.append(numbered(1), 5)
    clock.now += 3601
    spool.append(numbered(2), 1)
    assert (taken(spool), spool.expired) == ([2], 5)
    spool.append(numbered(3), 2)
    clock.now += 3601
    assert (spool.oldest(), spool.expired, spool.empty) == (None, 7, True)


def test_a_second_bridge_of_the_same_name_is_refused(open_spool: Opener) -> None:
    open_spool()
    with pytest.raises(StartError, match=r"in use by another bridge: .*PERFWATCH_BRIDGE_ID"):
        open_spool()


def test_a_folder_that_cannot_be_made_is_a_sentence(open_spool: Opener, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"The spool .*file.* cannot be used"):
        open_spool(tmp_path / "file" / "spool")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small tmpfs (run as root)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(spool: Spool) -> int:
    """Append until the disk is full; returns how many numbers were taken."""
    for number in range(1000):
        try:
            spool.append(numbered(number, 100), 1)
        except JournalError as exc:
            if "No space left on device" not in str(exc):
                raise
            return number
    raise AssertionError("the disk did not fill")


def test_a_disk_that_fills_and_comes_back_loses_nothing_it_has_taken(
    open_spool: Opener, small_disk: Path
) -> None:
    spool = open_spool(small_disk / "spool")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(100_000))
    kept = fill(spool)
    ballast.unlink()
    spool.append(numbered(5000), 1)
    assert taken(spool) == [*range(kept), 5000]
    assert (kept > 10, spool.damaged, files(spool)) == (True, 0, [])


def test_behind_a_failed_sync_nothing_is_written_to_the_same_file(
    open_spool: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool()
    spool.append(numbered(1), 1)

    def fails(_file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("perfwatch.journal.segment.os.fsync", fails)
        with pytest.raises(JournalError, match="cannot be written: Input/output error"):
            spool.append(numbered(2), 1)
    spool.append(numbered(3), 1)
    assert len(files(spool)) == 2
    assert taken(spool) == [1, 3]


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


def test_what_expires_waits_no_more(open_spool: Opener) -> None:
    clock = Clock()
    spool = open_spool(clock=clock)
    spool.append(numbered(1), 5)
    clock.now += 3601
    spool.append(numbered(2), 3)
    assert spool.oldest() is not None
    assert spool.depth == Depth(3, files(spool)[0].stat().st_size, clock.now)


def test_order_goes_over_files_and_runs(open_spool: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.spool.SEGMENT_BYTES", 200)
    for first in (0, 20):
        spool = open_spool()
        for number in range(first, first + 20):
            spool.append(numbered(number), 1)
        spool.close()
    assert taken(open_spool()) == list(range(40))


def test_a_disk_that_becomes_read_only_is_said_in_order_and_comes_back(
    open_spool: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool()
    spool.append(numbered(1), 1)
    assert spool.oldest() is not None
    with monkeypatch.context() as patched:
        for name in ("pwrite", "ftruncate", "unlink", "fsync"):
            patched.setattr(os, name, read_only)
        acts: list[Callable[[], None]] = [lambda: spool.append(numbered(2), 1), spool.done]
        for act in acts:
            with pytest.raises(JournalError, match="Read-only file system") as caught:
                act()
            assert isinstance(caught.value.__cause__, OSError)
            assert caught.value.__cause__.__context__ is None
    spool.append(numbered(3), 1)
    assert taken(spool) == [3]


def read_only(*_: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_readings_that_cannot_be_decoded_are_passed_by_and_counted(open_spool: Opener) -> None:
    spool = open_spool()
    spool._journal.append(b"no points", 1, 0)
    spool.append(numbered(2), 1)
    assert (taken(spool), spool.damaged) == ([2], 1)
