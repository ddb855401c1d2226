"""The spool on a disk that is damaged, full, read-only or not to be had."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.spool import Spool
from perfwatch.errors import JournalError, StartError
from tests.bridge.spools import Opener, damage, files, numbered, taken


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
