"""What the outbox lets go of: what is acknowledged, too much or too old."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.delivery.outbox import DAY
from tests.collector.delivery.outbox import (
    FullDisk,
    Time,
    crash,
    files,
    fill,
    numbers,
    outbox,
    send,
    send_as_they_come,
)


def test_what_is_acknowledged_for_good_leaves_the_disk(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time, size=80_000)
    send_as_they_come(box, time)
    assert len(files(tmp_path)) <= 2
    assert box.forget_dropped() == 0


def test_too_much_drops_the_oldest_and_counts_them(tmp_path: Path, time: Time) -> None:
    box = outbox(tmp_path, time, size=40_000)
    assert fill(box, 0, 200, 500).count(True) == 1
    kept = send(box)
    assert kept == numbers(200 - len(kept), 200, 500)
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


def test_what_was_in_flight_of_dropped_files_is_neither_waiting_nor_acknowledged_again(
    tmp_path: Path, time: Time
) -> None:
    box = outbox(tmp_path, time, size=40_000)
    fill(box, 0, 20, 500)
    flying = [letter for _ in range(20) if (letter := box.take())]
    fill(box, 20, 200, 500)
    dropped = box.forget_dropped()
    assert len(box) == 200 - dropped  # those in flight are not among them
    assert dropped > 20
    box.done(flying[0].number)
    box.rewind(lossy=False)
    assert send(box) == numbers(dropped, 200, 500)


def test_what_was_in_flight_and_dropped_from_memory_waits_no_more(time: Time) -> None:
    box = outbox(None, time, size=4000)
    fill(box, 0, 3, 1000)
    flying = [letter.number for _ in range(2) if (letter := box.take())]
    fill(box, 3, 6, 1000)
    assert (len(box), box.forget_dropped()) == (3, 3)
    for number in flying:
        box.done(number)
    assert send(box) == numbers(3, 6, 1000)


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
    send_as_they_come(after, time)
    assert len(files(tmp_path)) <= 3
