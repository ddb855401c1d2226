from __future__ import annotations

from collector.sources.rates import change, per_second, percent, total


def test_a_rate_is_the_change_over_the_time_between() -> None:
    assert per_second(1000, 4000, 2.0) == 1500.0


def test_a_rate_keeps_three_decimals() -> None:
    assert per_second(0, 1, 3.0) == 0.333


def test_the_first_reading_has_no_rate() -> None:
    assert per_second(None, 4000, 2.0) is None


def test_a_counter_that_went_backwards_has_no_rate() -> None:
    assert per_second(4000, 3999, 2.0) is None


def test_a_counter_that_stood_still_has_the_rate_zero() -> None:
    assert per_second(4000, 4000, 2.0) == 0.0


def test_no_time_between_gives_no_rate() -> None:
    assert per_second(1, 2, 0.0) is None


def test_change_is_none_backwards() -> None:
    assert [change(5, 7), change(7, 5), change(None, 5)] == [2, None, None]


def test_a_percentage_of_nothing_is_none() -> None:
    assert [percent(1, 3), percent(1, 0), percent(None, 3)] == [33.33, None, None]


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert [total([1.5, 2.25]), total([1.5, None]), total([])] == [3.75, None, None]


def test_a_counter_that_leaps_has_no_rate() -> None:
    assert per_second(5, 2**60, 5.0) is None
    assert per_second(0, 4e12, 1.0) == 4e12
