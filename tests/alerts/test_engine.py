"""Every kind of rule on a simulated clock: what it takes for true."""

from __future__ import annotations

import pytest

from perfwatch.alerting.machine import Standing
from perfwatch.alerting.rules import load
from tests.alerts.house import INTERVAL, House, only

CPU = "kind = 'threshold'\nmetric = 'cpu'\nfield = 'user'\n"
HIGH = CPU + "at_least = 90\n"
STEADY = HIGH + "clear = 80\nfor = '10s'\nclear_after = '10s'\n"
UNITS = "kind = 'state'\nmetric = 'systemd'\nfield = 'units.*.state'\nbad = ['failed']\n"
DISK = "metric = 'disk'\nfield = 'partitions.*.usage_percent'\n"


def full(**percent: float | None) -> dict[str, object]:
    return {name: {"usage_percent": value} for name, value in percent.items()}


@pytest.mark.parametrize(("value", "standing"), [(89.999, "ok"), (90.0, "firing"), (90.001, "firing")])
def test_a_number_exactly_at_its_limit_fires(value: float, standing: str) -> None:
    house = House(only(HIGH))
    house.cpu(value)
    assert house.standing == standing


@pytest.mark.parametrize(("value", "standing"), [(10.001, "ok"), (10.0, "firing"), (9.0, "firing")])
def test_a_number_may_have_a_limit_below(value: float, standing: str) -> None:
    house = House(only(CPU + "at_most = 10"))
    house.cpu(value)
    assert house.standing == standing


def test_it_fires_after_its_time_and_not_before() -> None:
    house = House(only(STEADY))
    house.cpu(95, 95)
    assert house.standing == "pending"
    house.cpu(95)
    assert (house.standing, house.told()) == ("firing", ["+"])


def test_one_reading_below_the_limit_begins_the_time_anew() -> None:
    house = House(only(STEADY))
    house.cpu(95, 95, 89, 95, 95)
    assert house.standing == "pending"


def test_it_is_over_below_its_own_limit_for_its_own_time() -> None:
    house = House(only(STEADY))
    house.cpu(95, 95, 95, 80, 80, 80, 80)
    assert house.standing == "firing"  # exactly at `clear` is not below it
    house.cpu(79, 79)
    assert house.standing == "firing"
    house.cpu(79)
    assert (house.standing, house.told()) == ("ok", ["+", "-"])


def test_a_number_around_its_limit_tells_once() -> None:
    house = House(only(STEADY))
    house.cpu(95, 95, 95, *[89, 91, 79, 95] * 100)
    assert house.told() == ["+"]


def test_a_number_that_could_not_be_read_says_nothing() -> None:
    house = House(only(HIGH))
    house.cpu(95, None, None)
    assert house.standing == "firing"
    house.cpu(*[None] * 12)
    assert (house.standing, house.told()) == ("unknown", ["+"])


@pytest.mark.parametrize(
    ("statistic", "firing"), [("mean", [False, True]), ("max", [True, True]), ("min", [False, False])]
)
def test_a_statistic_is_judged_once_its_window_is_full(statistic: str, firing: list[bool]) -> None:
    house = House(only(HIGH + f"statistic = '{statistic}'\nwindow = '20s'"))
    house.cpu(100, 100, 100, 100)
    assert house.standing == "unknown"
    house.cpu(40)
    seen = [house.standing == "firing"]
    house.cpu(100, 100, 100, 60)
    house.cpu(100)
    assert [*seen, house.standing == "firing"] == firing


def test_what_is_not_known_yet_is_unknown_from_the_start() -> None:
    house = House(only(HIGH + "statistic = 'mean'\nwindow = '20s'"))
    house.cpu(100, 100)
    assert [change.standing for change in house.changes()] == [Standing.UNKNOWN]


def test_a_change_within_a_window() -> None:
    house = House(only(CPU + "at_least = 10\nstatistic = 'change'\nwindow = '20s'"))
    house.cpu(50, 52, 54, 56, 58)
    assert house.standing == "ok"  # 52 to 58
    house.cpu(63)
    assert house.standing == "ok"  # 54 to 63
    house.cpu(66)
    assert house.standing == "firing"  # 56 to 66


def test_each_part_is_judged_by_itself() -> None:
    house = House(only(f"kind = 'threshold'\n{DISK}at_least = 90\nfor = '5s'"))
    house.reading("disk", partitions=full(a=95, b=50))
    house.wait(INTERVAL)
    house.reading("disk", partitions=full(a=50, b=95))
    assert house.standing == "pending"
    house.wait(INTERVAL)
    house.reading("disk", partitions=full(a=50, b=95))
    assert (house.standing, house.told()) == ("firing", ["+b"])


def test_a_part_that_goes_away_is_over() -> None:
    house = House(only(f"kind = 'threshold'\n{DISK}at_least = 90"))
    house.reading("disk", partitions=full(a=95, b=50))
    house.wait(INTERVAL)
    house.reading("disk", partitions=full(b=50))
    assert (house.standing, house.told()) == ("ok", ["+a", "-a"])
    house.wait(INTERVAL)
    house.reading("disk", partitions={})
    assert (house.standing, house.engine.gone) == ("none", [("nas", "x")])


def test_a_limit_may_stand_beside_the_number() -> None:
    house = House(load())
    temperatures = {
        "a": {"celsius": 80, "critical_celsius": 100},
        "b": {"celsius": 100},
        "c": {"celsius": 95.0, "critical_celsius": 95.0},
    }
    for _ in range(7):
        house.wait(INTERVAL)
        house.reading("sensors", temperatures=temperatures)
    found = house.engine.worst("nas", "temperature")
    assert found is not None
    assert (found[0], found[1].standing, found[1].limit) == ("c", Standing.FIRING, 95)


def test_a_unit_fails_and_is_well_again() -> None:
    house = House(only(UNITS))
    house.reading("systemd", units={})
    assert house.standing == "ok"
    house.wait(INTERVAL)
    house.reading("systemd", units={"a.service": {"state": "failed"}, "b.service": {"state": "failed"}})
    house.wait(INTERVAL)
    house.reading("systemd", units={"b.service": {"state": "failed"}})
    house.wait(INTERVAL)
    house.reading("systemd", units={})
    assert house.told() == ["+a.service", "+b.service", "-a.service", "-b.service"]
    assert house.standing == "ok"


def test_a_container_that_is_restarted_again_and_again_is_told_once() -> None:
    house = House(load())
    for state in ["running", "restarting", "restarting", "restarting", "running", "exited", "restarting"]:
        house.wait(INTERVAL)
        house.reading("containers", containers={"web": {"state": state}, "job": {"state": "exited"}})
    assert house.told() == ["+web"]


def test_a_container_that_ends_or_restarts_once_is_well() -> None:
    house = House(load())
    for state in ["created", "running", "restarting", "running", "paused", "removing", "exited"]:
        house.wait(INTERVAL)
        house.reading("containers", containers={"job": {"state": state}})
    assert house.told() == []


def test_a_ups_on_battery_is_told_and_a_laptop_or_a_test_of_seconds_is_not() -> None:
    house = House(load())
    for plugged in [None, True, False, False, True, False, False, False, False]:
        assert house.told() == []
        house.wait(INTERVAL)
        house.reading("sensors", battery_plugged=False, ups_plugged=plugged)
    assert house.told() == ["+"]


def test_true_and_false_are_states() -> None:
    house = House(only("kind = 'state'\nmetric = 'sensors'\nfield = 'battery_plugged'\nbad = [false]"))
    house.reading("sensors", battery_plugged=True)
    assert house.standing == "ok"
    house.wait(INTERVAL)
    house.reading("sensors", battery_plugged=False)
    assert house.standing == "firing"


def test_a_partition_that_fills_is_told_hours_before() -> None:
    house = House(only(f"kind = 'forecast'\n{DISK}reaches = 100\nwithin = '9h'\nwindow = '6h'"))
    fired_at = None
    for minute in range(12 * 60):
        house.now += 60
        house.engine.tick(house.now)
        house.reading("disk", partitions=full(a=70 + 2 * minute / 60, b=50))
        if house.told() == ["+a"]:
            fired_at = minute
    # At 70 + 2 an hour, 100 is nine hours away after six. The line is drawn each six minutes.
    assert fired_at is not None
    assert 360 <= fired_at <= 367


def test_a_rule_of_a_tag_begins_and_ends_with_it() -> None:
    house = House(only(f"{STEADY}\nhosts = ['room=cellar']"))
    house.cpu(95, 95, 95)
    assert house.standing == "none"
    house.engine.tag("nas", own={"room": "cellar"})
    house.cpu(95, 95, 95)
    assert house.standing == "firing"
    house.engine.tag("nas", given={"room": "attic"})
    assert (house.standing, house.engine.gone) == ("none", [("nas", "x")])


def test_a_restart_knows_tags_before_they_are_told_again() -> None:
    house = House(only(f"{STEADY}\nhosts = ['room=cellar']"))
    house.engine.tag("nas", own={"room": "attic"}, given={"room": "cellar"})
    house.cpu(95, 95, 95)
    house.restart()
    house.engine.tag("nas", own={"room": "attic"})
    assert (house.standing, house.engine.gone) == ("firing", [])


def test_what_a_host_was_given_is_for_one_of_its_name_that_comes() -> None:
    house = House(only(f"{STEADY}\nhosts = ['room=cellar']"))
    house.engine.tag("nas", given={"room": "cellar"})
    house.engine.forget("nas")
    house.cpu(95, 95, 95)
    assert house.standing == "firing"


UNUSUAL = "kind = 'unusual'\nmetric = 'cpu'\nfield = 'user'\nwindow = '10m'\n"


def live(house: House, hours: float, more: float = 0) -> None:
    """A reading a minute: busy by day, calm by night, never quite the same; `more` on top."""
    house.engine.interval("nas", 60)
    for _ in range(round(60 * hours)):
        house.now += 60
        house.engine.tick(house.now)
        hour = house.now // 3600 % 24
        house.reading("cpu", user=(60 if 8 <= hour < 20 else 10) + house.now // 60 % 5 + more)


@pytest.mark.parametrize(("days", "standing"), [(2, "unknown"), (4, "firing")])
def test_a_number_unlike_itself_needs_days_to_compare_with(days: int, standing: str) -> None:
    house = House(only(UNUSUAL))
    live(house, 24 * days)
    live(house, 1, more=20)
    assert house.standing == standing


def test_what_is_usual_at_its_hour_is_well() -> None:
    house = House(only(UNUSUAL))
    live(house, 24 * 4)
    house.changes()
    live(house, 24)  # noon is six times what the night is, as on each day
    assert house.told() == []
    live(house, 0.5, more=-9)
    assert house.told() == ["+"]
    live(house, 0.5)
    assert house.told() == ["-"]


@pytest.mark.parametrize(("side", "more", "standing"), [("above", -9, "ok"), ("below", -9, "firing")])
def test_it_may_be_unusual_on_one_side_only(side: str, more: float, standing: str) -> None:
    house = House(only(UNUSUAL + f"side = '{side}'"))
    live(house, 24 * 4)
    live(house, 0.5, more=more)
    assert house.standing == standing


def test_a_number_that_never_moved_is_not_compared() -> None:
    house = House(only(UNUSUAL))
    house.engine.interval("nas", 60)
    for _ in range(60 * 24 * 4):
        house.now += 60
        house.engine.tick(house.now)
        house.reading("cpu", user=3)
    assert house.standing == "unknown"
