from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.delivery.outbox import DAY, Outbox
from tests.files import no_more_files


class Time:
    """Both clocks, which pass when a test says so."""

    def __init__(self) -> None:
        self.monotonic = 1000.0
        self.wall = 1_795_000_000.0
        self.boxes: list[Outbox] = []

    def pass_by(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


@pytest.fixture
def time() -> Iterator[Time]:
    time = Time()
    yield time
    for box in time.boxes:
        box.close()


def outbox(folder: Path | None, time: Time, resend: float = 75.0, size: int = 10_000_000) -> Outbox:
    made = Outbox(folder, DAY, size, resend, lambda: time.monotonic, lambda: time.wall)
    time.boxes.append(made)
    made.open()
    return made


def send(outbox: Outbox, acknowledge: bool = True) -> list[bytes]:
    """Take all that waits."""
    sent = []
    while letter := outbox.take():
        sent.append(letter.payload)
        if acknowledge:
            outbox.done(letter.number)
    return sent


def numbers(first: int, last: int) -> list[bytes]:
    return [b"%d" % number for number in range(first, last)]


def fill(outbox: Outbox, first: int, last: int) -> None:
    for number in numbers(first, last):
        outbox.add("cpu", number)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def crash(outbox: Outbox) -> None:
    """What a kill leaves: nothing is written any more, and the lock is free."""
    assert outbox._journal is not None
    assert outbox._journal._held is not None
    outbox._journal._held.close()


def test_first_in_is_first_out(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    fill(box, 0, 5)
    assert len(box) == 5
    assert send(box) == numbers(0, 5)
    assert (len(box), box.empty) == (0, True)


def test_a_reading_is_in_a_file_before_it_can_be_taken(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    box.add("cpu", b"a reading")
    assert b"a reading" in files(tmp_path)[0].read_bytes()
    assert files(tmp_path)[0].stat().st_mode & 0o777 == 0o600


def test_only_the_newest_of_a_topic_is_the_newest(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    for topic in ("cpu", "disk", "cpu"):
        box.add(topic, b"")
    letters = [box.take() for _ in range(3)]
    assert [(letter.topic, letter.newest) for letter in letters if letter] == [
        ("cpu", False),
        ("disk", True),
        ("cpu", True),
    ]


def test_what_was_not_acknowledged_is_taken_again_in_order(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time, resend=0)
    fill(box, 0, 5)
    letters = [box.take() for _ in range(4)]
    for letter in letters[:2]:
        assert letter is not None
        box.done(letter.number)
    box.rewind(lossy=False)
    assert send(box) == numbers(2, 5)


def test_acknowledgements_out_of_order_let_go_of_nothing_before_them(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    fill(box, 0, 3)
    letters = [box.take() for _ in range(3)]
    assert letters[2] is not None
    box.done(letters[2].number)
    assert len(box) == 3
    box.rewind(lossy=False)
    assert send(box) == numbers(0, 3)


def test_after_a_crash_of_the_broker_the_last_acknowledged_are_taken_again(
    tmp_path: Path, time: Time
) -> None:
    box = outbox(tmp_path, time)
    for number in range(100):
        box.add("cpu", b"%d" % number)
        send(box)
        time.pass_by(5)
    time.pass_by(3600)  # the broker hangs, and is found gone an hour later
    box.rewind(lossy=True)
    again = send(box)
    assert again == numbers(100 - len(again), 100)
    assert 15 <= len(again) <= 17  # of the 75 s before the last acknowledgement


def test_a_second_crash_soon_after_takes_the_same_again(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    for number in range(50):
        box.add("cpu", b"%d" % number)
        send(box)
        time.pass_by(5)
    box.rewind(lossy=True)
    first = send(box)
    time.pass_by(30)
    box.rewind(lossy=True)
    assert send(box) == first


def test_a_killed_collectors_readings_are_replayed_by_the_next(
    tmp_path: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    box = outbox(tmp_path, time)
    fill(box, 0, 10)
    for _ in range(4):
        letter = box.take()
        assert letter is not None
        box.done(letter.number)
    fill(box, 10, 12)
    crash(box)
    after = outbox(tmp_path, time)
    assert caplog.messages == [f"8 readings of the last run wait in {tmp_path}"]
    fill(after, 12, 14)
    assert send(after) == numbers(4, 14)


def test_a_restart_takes_again_what_the_broker_may_not_have_saved(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    for number in range(100):
        box.add("cpu", b"%d" % number)
        send(box)
        time.pass_by(5)
    box.close()
    after = outbox(tmp_path, time)
    assert len(after) == 0
    assert send(after) == []
    after.rewind(lossy=True)
    again = send(after)
    assert again == numbers(100 - len(again), 100)
    assert 14 <= len(again) <= 17


def test_the_newest_is_known_after_a_restart(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    fill(box, 0, 3)
    crash(box)
    after = outbox(tmp_path, time)
    letters = [after.take() for _ in range(3)]
    assert [letter.newest for letter in letters if letter] == [False, False, True]


def test_what_is_acknowledged_for_good_leaves_the_disk(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time, size=80_000)
    for _ in range(300):
        box.add("cpu", b"x" * 500)
        send(box)
        time.pass_by(5)
    assert len(files(tmp_path)) <= 2
    assert box.forget_dropped() == 0


def test_too_much_drops_the_oldest_and_counts_them(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time, size=40_000)
    said = [box.add("cpu", b"%500d" % number) for number in range(200)]
    assert said.count(True) == 1
    kept = [int(payload) for payload in send(box)]
    assert kept == list(range(200 - len(kept), 200))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 40_000
    assert box.forget_dropped() == 200 - len(kept)
    assert box.forget_dropped() == 0


def test_too_old_is_dropped_and_counted(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    for number in range(30):
        box.add("cpu", b"%d" % number)
        time.pass_by(3600)
    kept = send(box)
    assert kept == numbers(30 - len(kept), 30)
    assert 23 <= len(kept) <= 25
    assert box.forget_dropped() == 30 - len(kept)


def test_too_old_is_dropped_from_memory_too(time: Time) -> None:
    box = outbox(None, time)
    fill(box, 0, 5)
    time.pass_by(DAY + 1)
    fill(box, 5, 6)
    assert (send(box), box.forget_dropped()) == (numbers(5, 6), 5)


def test_the_time_that_the_collector_was_off_counts_as_age(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    fill(box, 0, 5)
    crash(box)
    time.pass_by(2 * DAY)
    after = outbox(tmp_path, time)
    after.add("cpu", b"new")
    assert send(after) == [b"new"]
    assert after.forget_dropped() == 5


def test_a_clock_that_was_set_back_drops_nothing_and_keeps_the_order(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    fill(box, 0, 5)
    time.wall -= 10 * DAY
    fill(box, 5, 10)
    crash(box)
    time.wall -= 10 * DAY
    after = outbox(tmp_path, time)
    fill(after, 10, 12)
    assert send(after) == numbers(0, 12)
    assert after.forget_dropped() == 0


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


class FullDisk:
    """A disk on which nothing fits for as long as `full`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        write: Callable[..., int] = os.pwrite
        monkeypatch.setattr(
            os, "pwrite", lambda file, part, at: write(file, part[:5] if self.full else part, at)
        )


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


def test_memory_is_bounded_too(tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    box = outbox(tmp_path, time, size=200_000_000)
    fill(box, 0, 3)
    FullDisk(monkeypatch)
    for _ in range(100):
        box.add("cpu", bytes(100_000))
    assert sum(len(kept.reading.payload) for kept in box._memory) <= 6_000_000
    kept = send(box)
    assert kept[:3] == numbers(0, 3)  # what is on the disk already is not in the way
    assert len(kept) - 3 + box.forget_dropped() == 100


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


STEPS = st.lists(st.sampled_from(["add", "add", "add", "take", "done", "break", "kill", "wait"]), max_size=80)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_happens_nothing_is_lost_before_it_was_acknowledged(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    folder, time = tmp_path_factory.mktemp("outbox"), Time()
    box, added, received = outbox(folder, time, size=2000), 0, set[int]()
    flying: list[tuple[int, bytes]] = []
    for step in steps:
        time.pass_by(0.2)
        if step == "add":
            box.add("cpu", b"%d" % added)
            added += 1
        elif step == "take" and (letter := box.take()):
            flying.append((letter.number, letter.payload))
        elif step == "done" and flying:
            number, payload = flying.pop(0)
            received.add(int(payload))
            box.done(number)
        elif step == "break":
            flying.clear()
            box.rewind(lossy=False)
        elif step == "kill":
            flying.clear()
            crash(box)
            box = outbox(folder, time, size=2000)
        elif step == "wait":
            time.pass_by(100)
    box.rewind(lossy=False)
    received |= {int(payload) for payload in send(box)}
    dropped = box.forget_dropped()
    assert len(received) + dropped >= added
    assert dropped or received == set(range(added))
    for each in time.boxes:
        each.close()


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


def test_what_was_in_flight_of_dropped_files_is_neither_waiting_nor_acknowledged_again(
    tmp_path: Path, time: Time
) -> None:
    box = outbox(tmp_path, time, size=40_000)
    for number in range(20):
        box.add("cpu", b"%500d" % number)
    flying = [letter for _ in range(20) if (letter := box.take())]
    for number in range(20, 200):
        box.add("cpu", b"%500d" % number)
    dropped = box.forget_dropped()
    assert len(box) == 200 - dropped  # those in flight are not among them
    assert dropped > 20
    box.done(flying[0].number)
    box.rewind(lossy=False)
    assert [int(payload) for payload in send(box)] == list(range(dropped, 200))


def test_what_was_in_flight_and_dropped_from_memory_waits_no_more(time: Time) -> None:
    box = outbox(None, time, size=4000)
    for number in range(3):
        box.add("cpu", b"%1000d" % number)
    flying = [letter.number for _ in range(2) if (letter := box.take())]
    for number in range(3, 6):
        box.add("cpu", b"%1000d" % number)
    assert (len(box), box.forget_dropped()) == (3, 3)
    for number in flying:
        box.done(number)
    assert [int(payload) for payload in send(box)] == [3, 4, 5]


def test_what_was_acknowledged_stays_so_over_two_kills(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time)
    fill(box, 0, 10)
    for _ in range(4):
        letter = box.take()
        assert letter is not None
        box.done(letter.number)
    for first in (10, 11):
        fill(box, first, first + 1)
        crash(box)
        box = outbox(tmp_path, time)
    assert send(box) == numbers(4, 12)


def test_a_clock_that_was_set_back_does_not_keep_what_is_acknowledged(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time, size=80_000)
    fill(box, 0, 3)
    send(box)
    time.pass_by(5)
    fill(box, 3, 4)
    time.wall -= 10 * DAY
    fill(box, 4, 5)
    crash(box)
    after = outbox(tmp_path, time, size=80_000)
    for _ in range(300):
        after.add("cpu", b"x" * 500)
        send(after)
        time.pass_by(5)
    assert len(files(tmp_path)) <= 3
