"""Who is checked, who waits and who is refused, on a clock of the tests' own."""

from __future__ import annotations

from contextlib import suppress

import pytest

from dashboard.auth.admission import (
    ACCOUNT_PLACES,
    ACCOUNT_SECONDS,
    FULL_SECONDS,
    LINE_PLACES,
    Admission,
    Attempt,
    Sender,
    Throttled,
)
from dashboard.auth.throttle import BURST, SECONDS_EACH
from tests.clock import Clock

DEVICE = Sender("device 1", "admin", known=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def admission(clock: Clock) -> Admission:
    return Admission(clock)


def stranger(address: int, account: str = "admin") -> Sender:
    return Sender(f"address {address}", account, known=False)


def check(admission: Admission, *, wrong: bool = True) -> Attempt | None:
    """Start one attempt and end it."""
    if attempt := admission.start():
        admission.leave(attempt, wrong=wrong)
    return attempt


def guess(admission: Admission, sender: Sender, *, wrong: bool = True) -> Attempt | None:
    admission.enter(sender)
    return check(admission, wrong=wrong)


def refusal(admission: Admission, sender: Sender) -> int:
    with pytest.raises(Throttled) as caught:
        admission.enter(sender)
    return caught.value.seconds


def attack(admission: Admission, addresses: range, times: int) -> None:
    """Wrong guesses at admin from each address in turn, as fast as they are let."""
    for _ in range(times):
        for address in addresses:
            with suppress(Throttled):
                guess(admission, stranger(address))


def test_attempts_are_counted_before_they_are_checked(admission: Admission) -> None:
    for number in range(BURST):
        admission.enter(stranger(1, f"user{number}"))
    assert refusal(admission, stranger(1, "another")) == SECONDS_EACH
    admission.enter(stranger(2))


def test_after_the_burst_an_address_has_one_in_ten_seconds(admission: Admission, clock: Clock) -> None:
    attack(admission, range(1), BURST)
    assert refusal(admission, stranger(0)) == SECONDS_EACH
    clock.now += SECONDS_EACH
    guess(admission, stranger(0))
    assert refusal(admission, stranger(0)) == SECONDS_EACH


def test_right_passwords_are_not_counted(admission: Admission) -> None:
    for _ in range(5 * BURST):
        assert guess(admission, stranger(1), wrong=False)


def test_who_hangs_up_before_the_turn_is_neither_checked_nor_counted(admission: Admission) -> None:
    for _ in range(5 * BURST):
        attempt, _ = admission.enter(stranger(1))
        admission.leave(attempt)
    assert admission.start() is None
    admission.enter(stranger(1))


def test_each_line_has_one_check_at_a_time(admission: Admission) -> None:
    for sender in (stranger(1), stranger(2), DEVICE, DEVICE):
        admission.enter(sender)
    started = [admission.start(), admission.start()]
    assert {attempt.sender.known for attempt in started if attempt} == {True, False}
    assert admission.start() is None
    for attempt in started:
        assert attempt
        admission.leave(attempt)
        following = admission.start()
        assert following
        assert following.sender.known == attempt.sender.known


def test_strangers_never_refuse_a_known_device(admission: Admission) -> None:
    attack(admission, range(100), 20)
    for address in range(100, 200):
        admission.enter(stranger(address, f"user{address % 10}"))
        if address == 100 + LINE_PLACES - 1:
            break
    admission.enter(DEVICE)
    attempts = [admission.start(), admission.start()]
    assert DEVICE in [attempt.sender for attempt in attempts if attempt]


def test_a_known_device_has_the_same_rate(admission: Admission) -> None:
    for _ in range(BURST):
        guess(admission, DEVICE)
    assert refusal(admission, DEVICE) == SECONDS_EACH
    admission.enter(Sender("device 2", "admin", known=True))


def test_an_account_is_answered_once_a_second_wherever_guesses_come_from(
    admission: Admission, clock: Clock
) -> None:
    checked = 0
    for address in range(60):
        with suppress(Throttled):
            checked += guess(admission, stranger(address)) is not None
    assert checked == BURST
    assert admission.pause() == ACCOUNT_SECONDS
    for _ in range(5):
        clock.now += ACCOUNT_SECONDS
        assert check(admission)
        assert check(admission) is None


def test_a_right_guess_does_not_slow_the_account(admission: Admission) -> None:
    for address in range(5 * BURST):
        assert guess(admission, stranger(address), wrong=False)


def test_another_account_does_not_wait(admission: Admission) -> None:
    attack(admission, range(40), 2)
    attempt = guess(admission, stranger(50, "eve"))
    assert attempt
    assert attempt.sender.account == "eve"


def test_who_comes_anew_goes_before_who_sends_many(admission: Admission, clock: Clock) -> None:
    attack(admission, range(20), 20)
    owner, out = admission.enter(stranger(99))
    assert out
    assert out.sender.source != "address 99"
    clock.now += ACCOUNT_SECONDS
    assert admission.start() is owner


def test_one_address_does_not_go_before_another_because_it_sent_more_at_once(admission: Admission) -> None:
    for _ in range(5):
        admission.enter(stranger(1))
    admission.enter(stranger(2, "eve"))
    attempt = admission.start()
    assert attempt
    assert attempt.sender.source == "address 2"


def test_an_account_has_so_many_places(admission: Admission) -> None:
    for address in range(ACCOUNT_PLACES):
        admission.enter(stranger(address))
    assert refusal(admission, stranger(99)) == FULL_SECONDS
    admission.enter(stranger(98, "eve"))


def test_a_refused_attempt_uses_up_nothing(admission: Admission) -> None:
    for address in range(ACCOUNT_PLACES):
        admission.enter(stranger(address))
    for _ in range(2 * BURST):
        assert refusal(admission, stranger(99)) == FULL_SECONDS


def test_all_strangers_have_so_many_places(admission: Admission) -> None:
    for address in range(LINE_PLACES):
        admission.enter(stranger(address, f"user{address}"))
    assert refusal(admission, stranger(99, "another")) == FULL_SECONDS


def test_a_device_takes_no_other_accounts_places(admission: Admission) -> None:
    for number in range(ACCOUNT_PLACES):
        admission.enter(Sender(f"device {number}", "eve", known=True))
    assert refusal(admission, Sender("device 99", "eve", known=True)) == FULL_SECONDS
    admission.enter(DEVICE)
    attempt = admission.start()
    assert attempt
    assert attempt.sender == DEVICE


def test_nothing_waits_for_time_while_a_check_is_under_way(admission: Admission) -> None:
    admission.enter(stranger(1))
    assert admission.start()
    admission.enter(stranger(1))
    assert admission.pause() is None
