from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.delivery.outbox import Time, crash, files, fill, numbers, outbox, send


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
