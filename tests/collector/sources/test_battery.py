from __future__ import annotations

from pathlib import Path

import pytest

from collector.sources.battery import Battery, battery
from collector.sources.source import read_text
from tests.collector.folders import lay_out

BATTERY = {"TYPE": "Battery", "STATUS": "Discharging", "PRESENT": "1", "CAPACITY": "49"}
ENERGY = {"ENERGY_NOW": "25000000", "ENERGY_FULL": "50000000", "POWER_NOW": "10000000"}
CHARGE = {"CHARGE_NOW": "3000000", "CHARGE_FULL": "4000000", "CURRENT_NOW": "-1500000"}


def put(root: Path, name: str, values: dict[str, str]) -> None:
    text = "\n".join(f"POWER_SUPPLY_{key}={value}" for key, value in values.items())
    lay_out(root, {f"{name}/uevent": text})


def told(root: Path) -> Battery | None:
    return battery(read_text, root)


def test_what_is_left_is_energy_over_power(tmp_path: Path) -> None:
    put(tmp_path, "BAT0", BATTERY | ENERGY)
    put(tmp_path, "AC", {"TYPE": "Mains", "ONLINE": "0"})
    assert told(tmp_path) == Battery(50.0, False, 9000)


def test_charge_over_current_does_as_well(tmp_path: Path) -> None:
    put(tmp_path, "BAT0", BATTERY | CHARGE)
    assert told(tmp_path) == Battery(75.0, False, 7200)


def test_two_batteries_are_one(tmp_path: Path) -> None:
    put(tmp_path, "BAT0", BATTERY | ENERGY)
    put(tmp_path, "BAT1", BATTERY | ENERGY | {"ENERGY_NOW": "50000000", "POWER_NOW": "0", "STATUS": "Full"})
    assert told(tmp_path) == Battery(75.0, False, 27000)


def test_one_that_is_charged_has_no_time_left(tmp_path: Path) -> None:
    put(tmp_path, "BAT0", BATTERY | ENERGY | {"STATUS": "Charging"})
    put(tmp_path, "AC", {"TYPE": "Mains", "ONLINE": "1"})
    assert told(tmp_path) == Battery(50.0, True, None)


def test_one_that_tells_its_percentage_alone_has_that(tmp_path: Path) -> None:
    put(tmp_path, "BAT0", BATTERY)
    assert told(tmp_path) == Battery(49.0, False, None)


@pytest.mark.parametrize("values", [{"SCOPE": "Device"}, {"PRESENT": "0"}, {"TYPE": "Mains"}])
def test_a_mouses_battery_and_an_empty_bay_are_none(tmp_path: Path, values: dict[str, str]) -> None:
    put(tmp_path, "BAT0", BATTERY | ENERGY | values)
    assert told(tmp_path) is None


def test_an_older_kernel_tells_the_type_in_a_file_of_its_own(tmp_path: Path) -> None:
    put(tmp_path, "BAT0", {name: value for name, value in BATTERY.items() if name != "TYPE"} | ENERGY)
    assert told(tmp_path) is None
    lay_out(tmp_path, {"BAT0/type": "Battery"})
    assert told(tmp_path) == Battery(50.0, False, 9000)


def test_a_ups_is_a_battery(tmp_path: Path) -> None:
    put(tmp_path, "ups", {"TYPE": "UPS", "CAPACITY": "60", "STATUS": "Discharging"})
    assert told(tmp_path) == Battery(60.0, False, None, False)


@pytest.mark.parametrize(
    ("status", "plugged"), [("Full", True), ("Charging", True), ("Discharging", False), ("Unknown", None)]
)
def test_a_ups_says_whether_it_has_mains_whatever_a_battery_does(
    tmp_path: Path, status: str, plugged: bool | None
) -> None:
    put(tmp_path, "BAT0", BATTERY)
    put(tmp_path, "ups", {"TYPE": "UPS", "STATUS": status})
    found = told(tmp_path)
    assert found is not None
    assert found.ups_plugged is plugged


def test_batteries_that_count_in_two_units_are_taken_by_their_percentages(tmp_path: Path) -> None:
    put(tmp_path, "BAT0", BATTERY | ENERGY | {"CAPACITY": "40"})
    put(tmp_path, "BAT1", BATTERY | CHARGE | {"CAPACITY": "80"})
    assert told(tmp_path) == Battery(60.0, False, None)


def test_current_and_voltage_make_power(tmp_path: Path) -> None:
    energy = {"ENERGY_NOW": "25000000", "ENERGY_FULL": "50000000", "CURRENT_NOW": "1000000"}
    put(tmp_path, "BAT0", BATTERY | energy | {"VOLTAGE_NOW": "10000000"})
    assert told(tmp_path) == Battery(50.0, False, 9000)
    charge = {"CHARGE_NOW": "3000000", "CHARGE_FULL": "4000000", "POWER_NOW": "15000000"}
    put(tmp_path, "BAT0", BATTERY | charge | {"VOLTAGE_NOW": "10000000"})
    assert told(tmp_path) == Battery(75.0, False, 7200)


def test_the_batterys_own_word_is_taken_where_nothing_is_known_of_what_it_gives(tmp_path: Path) -> None:
    put(tmp_path, "BAT0", BATTERY | {"TIME_TO_EMPTY_NOW": "3600"})
    assert told(tmp_path) == Battery(49.0, False, 3600)


@pytest.mark.parametrize("capacity", ["101", "255", "-1", "65535"])
def test_a_share_outside_of_the_whole_is_null(tmp_path: Path, capacity: str) -> None:
    put(tmp_path, "BAT0", BATTERY | {"CAPACITY": capacity})
    found = told(tmp_path)
    assert found is not None
    assert found.percent in (None, 1.0)


@pytest.mark.parametrize("now", ["lots", "nan", "inf", "9" * 400])
def test_nonsense_is_null(tmp_path: Path, now: str) -> None:
    put(tmp_path, "BAT0", BATTERY | ENERGY | {"ENERGY_NOW": now, "CAPACITY": ""})
    assert told(tmp_path) == Battery(None, False, None)


def test_a_battery_that_is_taken_out_while_we_look_is_none(tmp_path: Path) -> None:
    (tmp_path / "BAT0").mkdir()
    assert told(tmp_path) is None
    assert told(tmp_path / "none") is None
