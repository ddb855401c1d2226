from __future__ import annotations

import pytest

from dashboard.auth import throttle
from dashboard.auth.throttle import BURST, SECONDS_EACH, Buckets
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def buckets(clock: Clock) -> Buckets:
    return Buckets(clock)


def fill(buckets: Buckets, name: str, times: int = BURST) -> None:
    for _ in range(times):
        buckets.add(name)


def test_a_few_attempts_are_forgiven(buckets: Buckets) -> None:
    fill(buckets, "address 1", BURST - 1)
    assert buckets.wait("address 1") == 0


def test_too_many_must_wait_and_are_told_how_long(buckets: Buckets, clock: Clock) -> None:
    fill(buckets, "address 1")
    assert buckets.wait("address 1") == SECONDS_EACH
    clock.now += SECONDS_EACH
    assert buckets.wait("address 1") == 0
    buckets.add("address 1")
    assert buckets.wait("address 1") == SECONDS_EACH


def test_one_name_does_not_shut_out_another(buckets: Buckets) -> None:
    fill(buckets, "address 1")
    assert buckets.wait("address 2") == 0


def test_attempts_do_not_pile_up_beyond_the_size(buckets: Buckets) -> None:
    fill(buckets, "address 1", 5 * BURST)
    assert buckets.level("address 1") == BURST
    assert buckets.wait("address 1") == SECONDS_EACH


def test_one_is_taken_back(buckets: Buckets) -> None:
    fill(buckets, "address 1")
    buckets.take_back("address 1")
    buckets.take_back("address 2")
    assert (buckets.level("address 1"), buckets.level("address 2")) == (BURST - 1, 0)
    assert buckets.wait("address 1") == 0


def test_all_is_forgotten_in_the_end(buckets: Buckets, clock: Clock) -> None:
    fill(buckets, "address 1")
    clock.now += BURST * SECONDS_EACH
    fill(buckets, "address 1", BURST - 1)
    assert buckets.wait("address 1") == 0


def test_a_flood_of_names_does_not_fill_memory(buckets: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST_NAMES", 100)
    for number in range(1000):
        buckets.add(f"address {number}")
    assert len(buckets._empty) == 100
