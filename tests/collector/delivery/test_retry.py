from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from collector.delivery.retry import (
    JITTER_SECONDS,
    LONGEST_SECONDS,
    RIVAL_BREAKS,
    RIVAL_LONGEST_SECONDS,
    Retry,
)


def test_waits_double_while_nobody_is_there_and_begin_anew_when_somebody_was() -> None:
    retry = Retry()
    waits = [retry.next() for _ in range(7)]
    for wait, least in zip(waits, (1, 2, 4, 8, 16, LONGEST_SECONDS, LONGEST_SECONDS), strict=True):
        assert least <= wait <= least + JITTER_SECONDS
    retry.connected()
    assert retry.next() <= 1 + JITTER_SECONDS


def broken(retry: Retry, lived: float, times: int) -> list[float]:
    """The waits after so many connections that ended so soon."""
    waits = []
    for _ in range(times):
        retry.connected()
        retry.ended(lived)
        waits.append(retry.next())
    return waits


def test_connections_that_end_at_once_are_taken_for_a_rival_and_come_more_and_more_seldom() -> None:
    retry = Retry()
    waits = broken(retry, 0.1, RIVAL_BREAKS - 1)
    assert not retry.rival
    assert max(waits) <= 1 + JITTER_SECONDS
    waits = broken(retry, 0.1, 12)
    assert retry.rival
    assert RIVAL_LONGEST_SECONDS <= waits[-1] <= 1.5 * RIVAL_LONGEST_SECONDS


def test_two_that_throw_each_other_out_do_so_every_few_minutes_at_most() -> None:
    """Each lives for as long as the other waits."""
    one, other = Retry(), Retry()
    moment, kicks, up = 0.0, list[float](), one
    while moment < 6 * 3600:
        down = other if up is one else one
        lived = down.next()
        moment += lived
        down.connected()
        up.ended(lived)
        kicks.append(moment)
        up = down
    assert len([kick for kick in kicks if kick > 3 * 3600]) <= 3 * 3600 / RIVAL_LONGEST_SECONDS


def test_a_broker_that_says_so_is_believed_at_once() -> None:
    retry = Retry()
    retry.connected()
    retry.ended(3600, taken_over=True)
    assert retry.rival


@pytest.mark.parametrize("change", [partial(Retry.ended, lived=3600), Retry.failed])
def test_a_connection_that_lasted_or_a_broker_that_is_away_is_no_rivals_work(
    change: Callable[[Retry], None],
) -> None:
    retry = Retry()
    broken(retry, 0.1, 5)
    change(retry)
    assert not retry.rival
    assert retry.next() <= 1 + JITTER_SECONDS
