"""The readings of the last minutes of a number, and where it is going."""

from __future__ import annotations

from math import inf, sin

import pytest

from perfwatch.alerting.rules import Statistic
from perfwatch.alerting.window import MOST_ON_A_LINE, MOST_SAMPLES, Window

HOUR = 3600.0


def line(slope: float, count: int = 50, noise: float = 0.0, start: float = 50.0) -> Window:
    """Samples over six hours that rise by `slope` an hour."""
    window = Window.empty()
    for place in range(count):
        time = place * 6 * HOUR / (count - 1)
        window.add(time, start + slope * time / HOUR + noise * sin(place * 7.3), 7 * HOUR, inf)
    return window


@pytest.mark.parametrize(
    ("statistic", "expected"), [("mean", 4), ("min", 1), ("max", 7), ("last", 4), ("change", 3)]
)
def test_a_statistic_is_of_what_is_in_the_window(statistic: Statistic, expected: float) -> None:
    window = Window.empty()
    for time, value in [(0, 100.0), (10, 1.0), (15, 7.0), (20, 4.0)]:
        window.add(time, value, 20, inf)
    assert window.statistic(statistic) == expected


def test_a_window_is_full_when_readings_came_for_its_length() -> None:
    window = Window.empty()
    window.add(0, 1, 10, inf)
    window.add(9.9, 1, 10, inf)
    assert not window.full(10)
    window.add(10, 1, 10, inf)
    assert window.full(10)


@pytest.mark.parametrize("later", [100.1, -5.0])
def test_a_window_begins_anew_after_a_gap_and_when_time_goes_back(later: float) -> None:
    window = Window.empty()
    window.add(0, 1, 1000, 100)
    window.add(later, 2, 1000, 100)
    assert (window.began, list(window.values)) == (later, [2])


def test_a_window_keeps_so_many_samples_whatever_comes() -> None:
    window = Window.empty()
    for time in range(20_000):
        window.add(time, time, 10_000, inf)
    assert MOST_SAMPLES / 2 < len(window.times) < 1.2 * MOST_SAMPLES
    assert window.values[-1] == 19_999


def test_times_stay_exact_to_a_millisecond_for_years() -> None:
    window = Window.empty()
    start = 1_800_000_000.123
    for place in range(5000):
        window.add(start + 3600 * place, place, 10 * HOUR, inf)
    ages = [window.last - window.base - time for time in window.times]
    assert ages == pytest.approx([3600 * place for place in reversed(range(10))], abs=0.005)


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_a_line_reaches_its_level(noise: float) -> None:
    # 50 + 2 an hour has 62 after six hours; the other 38 take 19 hours.
    seconds = line(2, noise=noise).seconds_until(100, 7 * HOUR)
    assert seconds == pytest.approx(19 * HOUR, rel=0.05)


def test_one_sample_that_is_off_does_not_bend_the_line() -> None:
    window = line(2)
    window.values[-2] = 99.0
    assert window.seconds_until(100, 7 * HOUR) == pytest.approx(19 * HOUR, rel=0.02)


def test_what_is_there_is_there() -> None:
    assert line(0, start=100).seconds_until(100, 7 * HOUR) == 0


@pytest.mark.parametrize(
    "window",
    [line(0), line(-1), line(2, count=11), line(0.1, noise=5)],
    ids=["flat", "falling", "too few", "scattered"],
)
def test_a_forecast_abstains(window: Window) -> None:
    assert window.seconds_until(100, 7 * HOUR) is None


def test_a_forecast_abstains_while_it_has_less_than_half_its_window() -> None:
    window = line(2)
    assert window.seconds_until(100, 12.01 * HOUR) is None
    assert window.seconds_until(100, 12 * HOUR) is not None


def test_a_forecast_keeps_few_samples() -> None:
    window = Window.empty()
    news = [window.add(5 * place, place, 6 * HOUR, inf, MOST_ON_A_LINE) for place in range(10_000)]
    assert len(window.times) < 1.2 * MOST_ON_A_LINE
    assert sum(news) < 200
