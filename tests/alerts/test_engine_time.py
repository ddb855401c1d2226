"""The engine and time: silence, gaps, clocks, restarts, and what is taken away."""

from __future__ import annotations

import os
import time

import pytest

from alerts.engine import CLOCK, GONE_SECONDS, LONGEST_STEP
from perfwatch.alerting.machine import Standing
from perfwatch.alerting.rules import load
from tests.alerts.house import INTERVAL, START, House, only

CPU = "kind = 'threshold'\nmetric = 'cpu'\nfield = 'user'\n"
HIGH = CPU + "at_least = 90\n"
STEADY = HIGH + "clear = 80\nfor = '10s'\nclear_after = '10s'\n"
OFFLINE = "kind = 'offline'\nfor = '2m'\n"


def test_a_host_is_offline_after_two_minutes() -> None:
    house = House(only(OFFLINE))
    house.engine.status("nas", False)
    house.wait(120)
    assert house.standing == "pending"
    house.wait(INTERVAL)
    assert house.standing == "firing"
    house.engine.status("nas", True)
    house.wait(INTERVAL)
    assert (house.standing, house.told()) == ("ok", ["+", "-"])


def test_no_reading_for() -> None:
    house = House(only("kind = 'silent'\nmetric = 'cpu'\nfor = '30s'"))
    house.cpu(1)
    house.wait(25)
    assert house.standing == "ok"
    house.wait(5)
    assert house.standing == "firing"
    house.cpu(1)
    house.wait(INTERVAL)
    assert (house.standing, house.told()) == ("ok", ["+", "-"])


def test_a_host_that_is_offline_is_not_silent_too() -> None:
    house = House(only("kind = 'silent'\nmetric = 'cpu'\nfor = '30s'"))
    house.cpu(1)
    house.engine.status("nas", False)
    house.wait(60)
    assert (house.standing, house.told()) == ("none", [])


@pytest.mark.parametrize(("off", "standing"), [(4.9, "ok"), (5.0, "firing"), (-5.0, "firing")])
def test_a_wrong_clock(off: float, standing: str) -> None:
    house = House(only(f"kind = 'threshold'\nmetric = '{CLOCK}'\nfield = 'off_seconds'\nat_least = 5"))
    house.wrong_clock = off
    house.cpu(1)
    assert house.standing == standing


def test_what_is_not_seen_is_unknown_and_told_as_nothing() -> None:
    house = House(only(STEADY))
    house.cpu(95, 95, 95)
    house.told()
    house.engine.status("nas", False)
    house.wait(INTERVAL)
    assert [change.standing for change in house.changes()] == [Standing.UNKNOWN]
    house.wait(600)
    house.engine.status("nas", True)
    house.cpu(95)
    assert (house.standing, house.told()) == ("firing", [])
    house.cpu(50, 50, 50)
    assert (house.standing, house.told()) == ("ok", ["-"])


def test_a_metric_that_stops_is_unknown() -> None:
    house = House(only(HIGH))
    house.cpu(50)
    house.wait(60)
    assert house.standing == "ok"
    house.wait(INTERVAL)
    assert house.standing == "unknown"


def test_a_host_that_reads_rarely_has_longer() -> None:
    house = House(only(HIGH))
    house.engine.interval("nas", 300)
    house.cpu(50)
    house.wait(900)
    assert house.standing == "ok"


def test_a_gap_counts_for_nothing() -> None:
    house = House(only(STEADY))
    house.cpu(95)
    house.wait(70)
    house.cpu(95)
    assert house.standing == "pending"


@pytest.mark.parametrize("at", [START + 5, START + 1, START - 3600])
def test_repeated_late_and_disordered_readings_change_nothing(at: float) -> None:
    house = House(only(HIGH))
    house.cpu(50)
    house.reading("cpu", at=at, user=99)
    assert house.standing == "ok"


def test_a_host_whose_clock_was_set_back_is_heard_again() -> None:
    house = House(only(STEADY))
    house.cpu(95)
    house.wrong_clock = -3600
    house.cpu(*[95] * 20)
    assert (house.standing, house.told()) == ("firing", ["+"])


@pytest.mark.parametrize("step", [-86400, 86400])
def test_a_jump_of_our_clock_is_nobodys_silence(step: float) -> None:
    house = House(only(OFFLINE))
    house.engine.status("nas", False)
    house.wait(60)
    house.now += step
    house.engine.tick(house.now)
    assert house.standing == "pending"
    house.wait(60 - LONGEST_STEP)
    assert house.standing == "pending"
    house.wait(2 * LONGEST_STEP)
    assert house.standing == "firing"


@pytest.mark.parametrize("away", [0, 3600])
def test_a_restart_forgets_nothing_and_tells_nothing_twice(away: float) -> None:
    house = House(only(STEADY))
    house.cpu(95, 95, 95)
    house.told()
    house.restart(away)
    house.cpu(95)
    assert (house.standing, house.told()) == ("firing", [])
    house.restart(away)
    house.cpu(50, 50, 50)
    assert (house.standing, house.told()) == ("ok", ["-"])


def test_a_restart_in_between_does_not_lengthen_the_time() -> None:
    house = House(only(STEADY))
    house.cpu(95, 95)
    house.restart()
    house.cpu(95)
    assert house.told() == ["+"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_the_zone_and_its_summer_time_do_not_matter(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        house = House(only(STEADY))
        house.now = begin = 1_792_890_000.0  # 2026-10-25T01:00:00Z, when Berlin's clocks go back an hour
        house.engine.tick(begin)
        house.cpu(*[95] * 3)
        assert house.changes()[-1].fired == begin + 15
    finally:
        os.environ.pop("TZ")
        time.tzset()


def test_a_rule_that_is_taken_away_is_gone() -> None:
    house = House(only(HIGH))
    house.cpu(95)
    house.engine.use(only(OFFLINE.replace("2m", "3m")))
    assert house.standing == "firing"  # the same name: its state goes on
    house.engine.use(only(HIGH + "except = ['nas']"))
    assert (house.standing, house.engine.gone) == ("none", [("nas", "x")])


def test_a_host_that_is_taken_away_is_gone() -> None:
    house = House(only(HIGH))
    house.cpu(95)
    house.engine.forget("nas")
    assert (house.standing, house.engine.gone) == ("none", [("nas", "x")])


@pytest.mark.parametrize("is_back", [False, True])
def test_a_host_that_was_taken_away_while_nobody_watched_is_gone(is_back: bool) -> None:
    house = House(only(HIGH))
    house.cpu(95)
    house.restart(3600)
    house.wait(GONE_SECONDS)
    assert house.engine.gone == []
    if is_back:
        house.engine.status("nas", False)
    house.wait(10)
    assert house.engine.gone == ([] if is_back else [("nas", "x")])


def test_a_window_is_not_of_what_its_rule_looked_at_before() -> None:
    house = House(only(HIGH + "statistic = 'mean'\nwindow = '10s'"))
    house.cpu(99, 99, 99)
    assert house.standing == "firing"
    house.engine.use(only(HIGH.replace("user", "idle") + "statistic = 'mean'\nwindow = '10s'"))
    for value in (1, 1, 1):
        house.wait(5)
        house.reading("cpu", idle=value)
    assert house.standing == "ok"


def test_a_storm_of_hosts_is_a_change_each() -> None:
    house = House(load())
    for number in range(100):
        house.engine.status(f"h{number}", False)
    house.wait(130)
    fired = [change for change in house.changes() if change.fired is not None]
    assert len(fired) == 100
    house.wait(600)
    assert house.changes() == []
