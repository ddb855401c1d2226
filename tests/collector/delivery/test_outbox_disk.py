"""The outbox and its files: damage, a full disk, and files of before the journal."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from tests.collector.delivery.outbox import FullDisk, Time, crash, files, fill, numbers, outbox, send
from tests.files import no_more_files


def test_damage_costs_what_is_damaged_and_no_more(
    tmp_path: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    for first in (0, 10):
        box = outbox(tmp_path, time)
        fill(box, first, first + 10)
        crash(box)
    damaged = files(tmp_path)[0]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    after = outbox(tmp_path, time)
    assert len(after) == 19
    assert send(after) == numbers(0, 5) + numbers(6, 20)
    assert after.forget_dropped() == 1
    assert [line for line in caplog.messages if "damaged" in line] == [
        f"{damaged} has 1 damaged places: 1 readings are known to be lost, the rest is kept"
    ]


def test_a_file_that_is_damaged_while_we_run_is_said_and_counted(
    tmp_path: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    box = outbox(tmp_path, time)
    fill(box, 0, 10)
    send(box, acknowledge=False)
    fill(box, 10, 11)  # from here on in memory
    files(tmp_path)[0].write_bytes(b"")
    box.rewind(lossy=False)
    assert send(box) == numbers(10, 11)
    assert box.forget_dropped() == 11
    assert "11 readings are known to be lost" in caplog.text


def test_a_full_disk_is_said_once_and_readings_wait_in_memory_until_it_is_not(
    tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    box = outbox(tmp_path, time)
    fill(box, 0, 3)
    disk = FullDisk(monkeypatch)
    for number in range(3, 20):
        fill(box, number, number + 1)
        time.pass_by(5)
    assert not box.durable
    disk.full = False
    time.pass_by(10)
    fill(box, 20, 22)
    assert box.durable
    assert caplog.messages == [
        f"{tmp_path} cannot be written: No space left on device. "
        "Readings wait until it can, the newest 6 MB of them in memory",
        "The outbox can be written again",
    ]
    crash(box)
    assert send(outbox(tmp_path, time)) == numbers(0, 22)


def test_a_folder_that_cannot_be_made_is_said_once(
    tmp_path: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    box = outbox(tmp_path / "file" / "outbox", time)
    for number in range(5):
        fill(box, number, number + 1)
        time.pass_by(60)
    assert send(box) == numbers(0, 5)
    assert len(caplog.messages) == 1
    assert "cannot be used: Not a directory" in caplog.messages[0]


def test_two_collectors_do_not_share_a_folder(
    tmp_path: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    first = outbox(tmp_path, time)
    fill(first, 0, 3)
    second = outbox(tmp_path, time)
    fill(second, 50, 53)
    assert "is in use by another collector of this host" in caplog.text
    assert send(second) == numbers(50, 53)
    # The first has ended: the second takes over what it left, and its own goes to disk.
    crash(first)
    time.pass_by(60)
    fill(second, 53, 54)
    assert second.durable
    assert send(second) == [*numbers(0, 3), *numbers(50, 54)]


def test_files_of_before_the_journal_are_read_once_and_then_new_ones(tmp_path: Path, time: Time) -> None:
    recorded = Path(__file__).parents[1] / "recordings" / "outbox"
    shutil.copytree(recorded, folder := tmp_path / "outbox")
    time.wall += 200
    box = outbox(folder, time, size=8000)
    assert len(box) == 25
    box.rewind(lossy=True)
    assert len(box) == 28  # the last three were acknowledged at the end of that run
    box.add("perfwatch/nas/cpu", b"new")
    letters = [box.take() for _ in range(29)]
    assert [letter.payload for letter in letters if letter] == [
        *(b'{"number":%d}' % number for number in range(12, 40)),
        b"new",
    ]
    assert [letter.newest for letter in letters if letter].count(True) == 3
    for letter in letters:
        assert letter is not None
        box.done(letter.number)
    for _ in range(2):
        time.pass_by(100)
        box.add("perfwatch/nas/cpu", b"newer")
        send(box)
    crash(box)
    assert (len(outbox(folder, time, size=8000)), list(folder.glob("*.seg"))) == (1, [])


def test_damage_in_a_file_of_before_costs_what_follows_in_it(tmp_path: Path, time: Time) -> None:
    recorded = Path(__file__).parents[1] / "recordings" / "outbox"
    shutil.copytree(recorded, folder := tmp_path / "outbox")
    content = bytearray((path := folder / "000000000002.seg").read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    kept = [int(payload[10:-1]) for payload in send(outbox(folder, time, size=8000))]
    assert set(kept) > {*range(12, 19), *range(30, 40)}
    assert (kept, len(kept) < 40) == (sorted(set(kept)), True)


def test_what_is_sent_at_once_is_not_read_from_the_disk(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    box.add("cpu", b"1")
    files(tmp_path)[0].write_bytes(b"")
    assert send(box) == [b"1"]


def test_what_waits_is_read_from_the_disk_and_does_not_stay_in_memory(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    for number in range(500):
        box.add("cpu", b"%1000d" % number)
    assert sum(len(kept.reading.payload) for kept in box._memory) < 100_000
    assert [int(payload) for payload in send(box)] == list(range(500))


def test_too_many_open_files_are_no_damage(
    tmp_path: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    box = outbox(tmp_path, time)
    for number in range(500):
        box.add("cpu", b"%1000d" % number)
    with no_more_files():
        assert (box.take(), box.empty) == (None, True)
        time.pass_by(20)
        assert (box.take(), len(box)) == (None, 500)
    assert [
        line for line in caplog.messages if "cannot be read: Too many open files" in line
    ] == caplog.messages
    assert len(caplog.messages) == 1
    time.pass_by(20)
    assert [int(payload) for payload in send(box)] == list(range(500))
    assert box.forget_dropped() == 0
