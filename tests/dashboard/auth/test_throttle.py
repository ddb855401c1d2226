from __future__ import annotations

import pytest

from dashboard.auth import throttle
from dashboard.auth.throttle import BURST, SECONDS_EACH, Failures
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failures(clock: Clock) -> Failures:
    return Failures(clock)


def test_a_few_failures_are_forgiven(failures: Failures) -> None:
    for _ in range(BURST - 1):
        failures.add("address 1")
    assert failures.wait("address 1") == 0


def test_too_many_must_wait_and_are_told_how_long(failures: Failures, clock: Clock) -> None:
    for _ in range(BURST):
        failures.add("address 1")
    assert failures.wait("address 1") == SECONDS_EACH
    clock.now += SECONDS_EACH
    assert failures.wait("address 1") == 0
    failures.add("address 1")
    assert failures.wait("address 1") == SECONDS_EACH


def test_one_address_does_not_shut_out_another(failures: Failures) -> None:
    for _ in range(BURST):
        failures.add("address 1")
    assert failures.wait("address 2") == 0


def test_failures_do_not_pile_up_beyond_the_burst(failures: Failures) -> None:
    for _ in range(10 * BURST):
        failures.add("address 1")
    assert failures.wait("address 1") == SECONDS_EACH


def test_a_right_one_is_taken_back(failures: Failures) -> None:
    for _ in range(BURST):
        failures.add("address 1")
    failures.forgive("address 1")
    assert failures.wait("address 1") == 0
    failures.add("address 1")
    assert failures.wait("address 1") == SECONDS_EACH
    failures.forgive("address 2")
    assert failures.wait("address 2") == 0


def test_all_is_forgotten_in_the_end(failures: Failures, clock: Clock) -> None:
    for _ in range(BURST):
        failures.add("address 1")
    clock.now += BURST * SECONDS_EACH
    for _ in range(BURST - 1):
        failures.add("address 1")
    assert failures.wait("address 1") == 0


def test_a_flood_of_names_does_not_fill_memory(failures: Failures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST_NAMES", 100)
    for number in range(1000):
        failures.add(f"address {number}")
    assert len(failures._forgotten) == 100
